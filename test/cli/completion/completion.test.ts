import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { bashCompletion } from "../../../src/cli/completion/bash.js";
import { fishCompletion } from "../../../src/cli/completion/fish.js";
import { type CompletedCommand, completionTree } from "../../../src/cli/completion/tree.js";
import { zshCompletion } from "../../../src/cli/completion/zsh.js";
import { createProgram } from "../../../src/cli/program.js";

const tree = completionTree(await createProgram(), { objectives: ["infonce", "triplet"] });

/** What bash proposes for the last of the words. */
function proposed(...words: string[]): string[] {
  const array = words.map((word) => `'${word}'`).join(" ");
  const script = `${bashCompletion(tree)}
COMP_WORDS=(embtune ${array}); COMP_CWORD=${words.length}; _embtune; printf '%s\\n' "\${COMPREPLY[@]}"`;
  const cwd = join(import.meta.dirname, "..", "..", "..");
  return execFileSync("bash", ["-c", script], { cwd, encoding: "utf8" }).trim().split("\n");
}

describe.skipIf(process.platform === "win32")("bash", () => {
  it.each<[string[], string[]]>([
    [["tr"], ["train"]],
    [
      ["data", ""],
      ["inspect", "prepare", "split"],
    ],
    [["data", "split", "--ev"], ["--eval"]],
    [
      ["train", "a.csv", "--schedule", ""],
      ["linear", "cosine", "constant"],
    ],
    [
      ["train", "--tune", "l"],
      ["lora", "last:2"],
    ],
    [["train", "--weight-d"], ["--weight-decay"]],
    [["train", "--temp"], ["--temperature"]],
    [["train", "--batch-size", ""], [""]],
    [["train", "READM"], ["README.md"]],
    [["export", "--to", "LICEN"], ["LICENSE"]],
    [["objectives", "tri"], ["triplet"]],
    [
      ["completion", ""],
      ["bash", "zsh", "fish"],
    ],
  ])("proposes for %j", (words, wanted) => {
    expect(proposed(...words)).toEqual(wanted);
  });
});

/** A small program, so that the scripts can be read. */
const small: readonly CompletedCommand[] = [
  { path: "", text: "a program", options: [], words: ["data"] },
  { path: "data", text: "look at data", options: [], words: ["split"] },
  {
    path: "data split",
    text: "split a user's file",
    options: [
      {
        flag: "--by",
        text: "what: one [of] two",
        takesValue: true,
        words: ["a", "b"],
        takesFile: false,
      },
      { flag: "--out", text: "folder", takesValue: true, words: [], takesFile: true },
      { flag: "--seed", text: "seed", takesValue: true, words: [], takesFile: false },
      { flag: "--json", text: "as JSON", takesValue: false, words: [], takesFile: false },
    ],
    words: [],
  },
];

const golden = (name: string): string =>
  readFileSync(join(import.meta.dirname, "golden", name), "utf8");

describe("zsh and fish", () => {
  it("get the scripts that were read and found right", () => {
    expect(zshCompletion(small)).toBe(golden("small.zsh"));
    expect(fishCompletion(small)).toBe(golden("small.fish"));
  });

  it("get every option of every command", () => {
    const [zsh, fish] = [zshCompletion(tree), fishCompletion(tree)];
    const options = tree.flatMap((command) => command.options);
    expect(options.length).toBeGreaterThan(150);
    for (const { flag } of options) {
      expect(zsh).toContain(`'${flag}[`);
      expect(fish).toContain(` -l ${flag.slice(2)} -d `);
    }
  });
});
