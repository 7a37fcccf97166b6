import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { embtune as embtuneProcess, freshFolder, writeIn } from "../support/cli.js";
import { embtune } from "../support/in-process.js";

const folder = freshFolder();
const corpus = writeIn(folder, "corpus.txt", "red apples\ngreen pears\n\u001b[31mtwo cats\n");
const args = ["search", corpus, "--cache-folder", join(folder, "vectors"), "--quiet"];

describe("search", () => {
  it("answers each line of standard input with a line of JSON", async () => {
    const { code, stdout } = await embtuneProcess([...args, "--json", "-k", "1"], {
      input: "an apple\n\na cat\n",
    });
    expect(code).toBe(0);
    const answers = stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(answers.map(({ query, models }) => [query, models[0].hits[0].line])).toEqual([
      ["an apple", 1],
      ["a cat", 3],
    ]);
  });

  it("shows a query of the command line as text, control characters written out", async () => {
    const { code, stdout } = await embtune([...args, "a cat"]);
    expect(code).toBe(0);
    expect(stdout).toMatch(
      /^query: a cat\n\nembtune-mini-en\n {2}1 {3}0\.\d{3} {2}\\x1b\[31mtwo cats\n/,
    );
    expect(stdout.trim().split("\n")).toHaveLength(6);
  });
});
