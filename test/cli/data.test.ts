import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { embtune as embtuneProcess, freshFolder, root, writeIn } from "../support/cli.js";
import { embtune } from "../support/in-process.js";

const folder = freshFolder();
const at = (name: string): string => join(folder, name);
const train = join(root, "data", "support", "train.csv");
const nli = join(root, "data", "everyday-nli", "train.csv");

describe("embtune data", () => {
  it("inspect prints what is in a file, as text, JSON and a page", async () => {
    const text = await embtune([
      "data",
      "inspect",
      train,
      "--no-tokens",
      "--html",
      at("page.html"),
    ]);
    expect(text.code).toBe(0);
    expect(text.stdout).toContain('anchor "anchor" · positive "positive"');
    expect(text.stderr).toContain("page with histograms");
    expect(readFileSync(at("page.html"), "utf8")).toMatch(/^<!doctype html>/);
    const json = await embtune(["data", "inspect", train, "--json", "--sample", "50"]);
    const [file] = JSON.parse(json.stdout).files;
    expect(file).toMatchObject({ rows: 480, kinds: ["pair"] });
    expect(file.lengths[0].tokens.texts).toBe(50);
    const again = await embtune([
      "data",
      "inspect",
      train,
      "--no-tokens",
      "--html",
      at("page.html"),
    ]);
    expect(again.code).toBe(2);
  });

  it("reads standard input", async () => {
    const args = ["data", "inspect", "-", "--no-tokens"];
    const { code, stdout } = await embtuneProcess(args, { input: "text,label\na,1\nb,2\n" });
    expect([code, stdout.includes("classed")]).toEqual([0, true]);
  });

  it("prepare converts, and split parts what came out", async () => {
    const pairs = at("pairs.jsonl");
    const made = await embtune(["data", "prepare", nli, "--as", "pairs", "--out", pairs]);
    expect(made.code).toBe(0);
    expect(made.stdout).toMatch(/\d+ rows read, \d+ used\n/);
    expect(made.stderr).toContain("negative");
    const wrong = await embtune(["data", "prepare", nli, "--as", "pair", "--out", at("x.csv")]);
    expect(wrong.code).toBe(2);
    expect(wrong.stderr).toContain("labelled-pairs");
    const split = await embtune(["data", "split", pairs, "--out", at("parts"), "--test", "0.1"]);
    expect(split.code).toBe(0);
    expect(readdirSync(at("parts")).sort()).toEqual([
      "eval.jsonl",
      "split.json",
      "test.jsonl",
      "train.jsonl",
    ]);
    const shared = await embtune([
      "data",
      "inspect",
      ...["train", "eval", "test"].map((part) => at(`parts/${part}.jsonl`)),
      "--no-tokens",
      "--json",
    ]);
    expect(JSON.parse(shared.stdout).shared).toEqual([]);
  });

  it("leaves nothing behind when the file is broken", async () => {
    const broken = writeIn(folder, "broken.csv", 'anchor,positive\na,b\n"open,c\n');
    const { code, stderr } = await embtune([
      "data",
      "prepare",
      broken,
      "--as",
      "pairs",
      "--out",
      at("b.csv"),
    ]);
    expect(code).toBe(1);
    expect(stderr).toContain("broken.csv:3");
    expect(existsSync(at("b.csv"))).toBe(false);
  });
});

describe("embtune mine", () => {
  it("adds negatives that train reads as they are", async () => {
    const out = at("mined.csv");
    const mined = await embtune([
      "mine",
      train,
      "--out",
      out,
      "--margin",
      "5%",
      "--num-negatives",
      "2",
    ]);
    expect(mined.code).toBe(0);
    expect(mined.stdout).toContain("chosen negatives");
    expect(readFileSync(out, "utf8").split("\n")[0]).toContain("negative_1,negative_2");
    expect(readdirSync(folder).filter((name) => name.startsWith("mined"))).toEqual(["mined.csv"]);
    const dry = await embtune(["train", out, "--dry-run"]);
    expect(dry.code).toBe(0);
    expect(dry.stderr).toContain('negative = "negative_1", "negative_2"');
    const bad = await embtune(["mine", train, "--out", at("y.csv"), "--margin", "much"]);
    expect([bad.code, bad.stderr.includes("5%")]).toEqual([2, true]);
  }, 60_000);
});
