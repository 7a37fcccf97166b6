import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Command } from "commander";
import { describe, expect, it } from "vitest";
import { declareTrain } from "../../../src/cli/commands/train.js";
import { readConfig } from "../../../src/cli/config-file.js";
import { trainFlags } from "../../../src/cli/flags/train.js";
import { addOptions, typedOptions } from "../../../src/cli/options/add-options.js";
import { optionsDocument } from "../../../src/options/describe.js";
import { kebabCase } from "../../../src/options/option.js";
import { resolveGiven } from "../../../src/options/values.js";
import type { TrainRow, TrainRows } from "../../../src/training/options/row.js";
import { resolveSettings } from "../../../src/training/options/settings.js";
import { trainNames, trainTable } from "../../../src/training/options/table.js";
import { freshFolder, root, writeIn } from "../../support/cli.js";

const folder = freshFolder();
const rows = Object.entries<TrainRow>(trainTable);
const byFlag = rows.filter(([, { place }]) => place === undefined);

/** A value out of an option's range, for options that have one. */
function unfit(row: TrainRow): unknown {
  if (row.type === "integer") return row.min - 1;
  if (row.type === "number") return -1;
  return row.type === "choice" ? "no such choice" : undefined;
}

describe("the table of train's options", () => {
  it("gives every option a flag", () => {
    const train = new Command("train");
    declareTrain(train, true);
    const flags = train.options.map(({ long }) => long);
    const names = byFlag.map(([name]) => name);
    expect(names.length).toBeGreaterThan(50);
    for (const name of names)
      expect(
        flags.includes(`--${kebabCase(name)}`) || flags.includes(`--no-${kebabCase(name)}`),
      ).toBe(true);
  });

  it("gives every option a name in a file of options", () => {
    for (const [name] of rows) {
      const file = writeIn(folder, "one.json", JSON.stringify({ [kebabCase(name)]: {} }));
      if (name !== "objectives") expect(Object.keys(readConfig(file))).toContain(name);
    }
  });

  it("gives every default, and refuses what lies out of a range, by flag", () => {
    const settings: Readonly<Record<string, unknown>> = resolveSettings({ data: "a", out: "b" });
    for (const [name, row] of rows) {
      if (row.default !== undefined) expect(settings[name]).toEqual(row.default);
      const wrong = unfit(row);
      if (wrong === undefined) continue;
      const given = { data: "a", out: "b", [name]: wrong };
      expect(() => resolveSettings(given)).toThrow(`--${kebabCase(name)} must be`);
    }
  });

  it("refuses names that it has not", () => {
    const given = { data: "a", out: "b", batchsize: 3 };
    expect(() => resolveSettings(given)).toThrow('train has no option "batchsize"');
  });

  it("puts every option under a heading", () => {
    const shown = Object.values(trainFlags()).flatMap((table) => Object.keys(table));
    for (const [name] of byFlag) expect(shown.filter((one) => one === name)).toEqual([name]);
  });

  it("is the only place that names options: no other file lists them", () => {
    const readers = [
      "cli/commands/train.ts",
      "cli/train-variants.ts",
      "cli/config-file.ts",
      "training/run/resume.ts",
      "training/options/settings.ts",
      "training/options/table.ts",
    ];
    const listed = ["batchSize", "evalEvery", "loraRank", "weightDecay", "dropLeaks", "encoding"];
    for (const reader of readers) {
      const text = readFileSync(join(root, "src", reader), "utf8");
      for (const name of listed)
        expect(text).not.toMatch(new RegExp(`"${name}"|"--${kebabCase(name)}|\\b${name}\\??:`));
    }
    expect(trainNames(({ resume }) => resume === "free")).toContain("out");
    expect(trainNames(({ resume }) => resume === "free")).not.toContain("lr");
    expect(trainNames(({ compared }) => compared === "budget")).toEqual([
      "epochs",
      "steps",
      "batchSize",
    ]);
  });
});

describe("a row more", () => {
  const table = {
    ...trainTable,
    coolDown: {
      type: "integer",
      min: 2,
      default: 5,
      group: "Optimizer",
      description: "steps at the end without a rate",
    },
  } as const satisfies TrainRows;

  const { data: _, ...flags } = table;

  const parsed = (...words: string[]) => {
    const command = addOptions(new Command("train").exitOverride(), flags);
    command.configureOutput({ writeErr: () => {} });
    command.parse(words, { from: "user" });
    return typedOptions(command, flags);
  };

  it("is a flag, a check, a default, a line of --help and a row of the documentation", () => {
    expect(parsed("--cool-down", "7")).toEqual({ coolDown: 7 });
    expect(() => parsed("--cool-down", "1")).toThrow("It must be a whole number from 2.");
    expect(resolveGiven(table, { data: "a", out: "b" }, "train").coolDown).toBe(5);
    expect(addOptions(new Command("train"), table).helpInformation()).toContain("--cool-down <n>");
    expect(optionsDocument(table)).toContain(
      "| `--cool-down <n>` | a whole number from 2 | 5 | steps at the end without a rate |",
    );
  });
});
