import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { freshFolder, root, writeIn } from "../support/cli.js";
import { embtune } from "../support/in-process.js";

const model = join(root, "test", "fixtures", "encoders", "bert-torchscript-14");
const cwd = freshFolder();
const pairs = Array.from({ length: 23 }, (_, i) => `question number ${i},answer ${i * i} of ${i}`);
writeIn(cwd, "pairs.csv", ["anchor,positive", ...pairs].join("\n"));

const mine = (...args: string[]) => embtune(["mine", ...args], { cwd });
const part = (...args: string[]) =>
  mine("pairs.csv", "--model", model, "--num-negatives", "2", ...args);
const bytes = (name: string) => readFileSync(join(cwd, name));

describe("mine --merge", () => {
  it("writes the bytes of one process", async () => {
    const as = ["--sampling", "random", "--range-max", "8", "--overwrite"];
    expect(await part(...as, "--out", "whole.csv")).toMatchObject({ code: 0 });
    expect(await part(...as, "--shard", "1/2", "--out", "1.jsonl")).toMatchObject({ code: 0 });
    expect(await part(...as, "--shard", "2/2", "--out", "2.jsonl")).toMatchObject({ code: 0 });
    const merged = await mine(
      "--merge",
      "2.jsonl",
      "1.jsonl",
      "--out",
      "merged.csv",
      "--overwrite",
    );
    expect(merged).toMatchObject({ code: 0 });
    expect(bytes("1.jsonl").toString().trimEnd().split("\n")).toHaveLength(11);
    expect(bytes("merged.csv").equals(bytes("whole.csv"))).toBe(true);
  });

  it("refuses a part that is missing, and parts of other options, and writes nothing", async () => {
    const alone = await mine("--merge", "1.jsonl", "--out", "none.csv");
    expect(alone).toMatchObject({ code: 2 });
    expect(alone.stderr).toContain("shard 2 of 2 is not among the files");
    const other = ["--sampling", "top", "--shard", "2/2", "--out", "other.jsonl"];
    expect(await part(...other)).toMatchObject({ code: 0 });
    const mixed = await mine("--merge", "1.jsonl", "other.jsonl", "--out", "none.csv");
    expect(mixed.stderr).toContain("differs from the other shards in");
    expect(mixed).toMatchObject({ code: 1 });
    expect(() => bytes("none.csv")).toThrow("ENOENT");
  });
});
