import type { Command } from "commander";
import { describe, expect, it } from "vitest";
import { helpRequest, withoutVainHelp } from "../../src/cli/help-request.js";
import { createProgram } from "../../src/cli/program.js";
import { wrapped } from "../../src/report/wrap.js";

const programs = { short: await createProgram(), all: await createProgram(true) };

const commands = (all: boolean): Command[] => {
  const walk = (command: Command): Command[] => [command, ...command.commands.flatMap(walk)];
  return walk(all ? programs.all : programs.short);
};

const named = (all: boolean, name: string): string =>
  commands(all)
    .find((command) => command.name() === name)!
    .helpInformation();

describe("--help", () => {
  it("shows of train what most people set, in less than thirty lines", () => {
    const text = named(false, "train");
    expect(text.split("\n").length).toBeLessThan(30);
    for (const flag of ["--out", "--eval", "--tune", "--lr", "--epochs", "--objective", "--model"])
      expect(text).toContain(`  ${flag} <`);
    expect(text).not.toContain("--weight-decay");
    expect(text).toMatch(/\d+ more options: embtune train --help all\n$/);
  });

  it("shows all by group with --help all", () => {
    const text = named(true, "train");
    for (const heading of ["Run:", "Data:", "Model:", "Optimizer:", "Objective:", "Common:"])
      expect(text).toContain(`\n${heading}\n`);
    for (const flag of ["--weight-decay <w>", "--in-batch", "--distance <name>", "--no-shuffle"])
      expect(text).toContain(`  ${flag}`);
  });

  it.each([false, true])("fits 80 columns, with a narrow first one (all: %s)", (all) => {
    for (const command of commands(all)) {
      const lines = command.helpInformation().split("\n");
      expect(lines.filter((line) => line.length > 80)).toEqual([]);
      const starts = lines.map((line) => /^ {2}(--?\S.*?) {2,}(?=\S)/.exec(line)?.[0].length ?? 0);
      expect(Math.max(...starts)).toBeLessThanOrEqual(28);
    }
  });

  it("breaks no word, and lists only after a comma", () => {
    expect(wrapped("one two three", 9, 2)).toEqual(["one two", "  three"]);
    expect(wrapped("deletion:0.1,crop:0.1,noise:0.1 and", 15, 0)).toEqual([
      "deletion:0.1,",
      "crop:0.1,",
      "noise:0.1 and",
    ]);
  });
});

describe("a word that an option does not take", () => {
  it("is told with those that it takes and the nearest of them", () => {
    const train = commands(false).find((command) => command.name() === "train")!;
    train.configureOutput({ writeErr: () => {} });
    expect(() => train.parse(["--head", "liner"], { from: "user" })).toThrow(
      'It must be one of linear, mlp, none.\n(did you mean "linear"?)',
    );
    expect(() => train.parse(["--epochs", "0"], { from: "user" })).toThrow(
      "It must be a number above 0 and up to 10000.",
    );
  });
});

describe("a command line with --help", () => {
  it("asks for all options by a word of its own", () => {
    expect(helpRequest(["train", "--help", "all"])).toEqual({
      all: true,
      words: ["train", "--help"],
    });
    expect(helpRequest(["train", "all.csv", "--help"]).all).toBe(false);
  });

  it("that names no command is left without it, so that the name is told", () => {
    const program = programs.short;
    expect(withoutVainHelp(program, ["trian", "--help"])).toEqual(["trian"]);
    expect(withoutVainHelp(program, ["data", "splt", "-h"])).toEqual(["data", "splt"]);
    for (const words of [["--help"], ["train", "a.csv", "--help"], ["objectives", "nce", "-h"]])
      expect(withoutVainHelp(program, words)).toEqual(words);
  });
});

describe("the program", () => {
  it("declares of a command line the command alone that it names", async () => {
    const declared = async (...words: string[]): Promise<string[]> =>
      (await createProgram(false, words)).commands
        .filter(({ options, commands: children }) => options.length + children.length > 0)
        .map((command) => command.name());
    expect(await declared("--version")).toEqual([]);
    expect(await declared("mine", "evaluate.csv", "--out", "x.csv")).toEqual(["mine"]);
    expect(await declared("help", "data")).toEqual(["data"]);
    expect(await declared("trian", "--help")).toEqual([]);
    expect((await declared("completion", "bash")).length).toBe(programs.all.commands.length - 1);
  });
});
