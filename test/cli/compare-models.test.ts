import { beforeAll, describe, expect, it } from "vitest";
import type { ModelComparison } from "../../src/report/model-comparison.js";
import { bundled } from "../support/bundled.js";
import { freshFolder, writeIn } from "../support/cli.js";
import { embtune } from "../support/in-process.js";

const folder = freshFolder();
const words = ["pump", "lamp", "gate", "oven", "bell", "sail", "drum", "wheel", "kettle", "ladder"];
const pairs = writeIn(
  folder,
  "pairs.csv",
  `anchor,positive\n${words.flatMap((a) => words.map((b) => `how is a ${a} kept near a ${b},keep the ${a} away from any ${b}\n`)).join("")}`,
);
const scored = (name: string, rows: readonly [string, string, number][]) =>
  writeIn(
    folder,
    name,
    `sentence1,sentence2,score\n${rows.map((row) => row.join(",")).join("\n")}\n`,
  );
const dev = scored(
  "dev.csv",
  words.flatMap((a) =>
    words.map((b): [string, string, number] => [
      `the ${a} works`,
      `the ${b} runs`,
      a === b ? 5 : 1,
    ]),
  ),
);

const compare = (...args: string[]) => embtune(["compare", ...args, "--quiet"], { cwd: folder });

async function comparison(...args: string[]): Promise<ModelComparison> {
  const { code, stdout, stderr } = await compare(...args, "--json");
  expect([code, stderr]).toEqual([0, ""]);
  return JSON.parse(stdout) as ModelComparison;
}

beforeAll(async () => {
  for (const [out, temperature] of [
    ["warm", "0.3"],
    ["cold", "0.03"],
  ])
    expect(
      await embtune(
        [
          "train",
          pairs,
          "--objective",
          "infonce",
          "--temperature",
          temperature,
          "--steps",
          "30",
        ].concat([
          "--batch-size",
          "16",
          "--test-part",
          "0.3",
          "--out",
          out,
          "--quiet",
          "--no-report",
        ]),
        { cwd: folder },
      ),
    ).toMatchObject({ code: 0 });
}, 120_000);

describe("embtune compare", () => {
  it("puts options that differ, figures, sizes and times of runs beside each other", async () => {
    const { models, options, reports, recorded } = await comparison("warm", "cold", "--data", dev);
    expect(options).toEqual([{ option: "--temperature", values: [0.3, 0.03] }]);
    expect(models).toMatchObject([
      { name: "warm", steps: 30, dimension: bundled.width },
      { name: "cold", steps: 30, dimension: bundled.width },
    ]);
    for (const { bytes = 0, seconds = 0 } of models) {
      expect(bytes).toBeGreaterThan(1e7);
      expect(seconds).toBeGreaterThan(0);
    }
    expect(reports.map(({ model }) => model.name)).toEqual(["warm", "cold"]);
    expect(recorded).toBe(false);
    const [own, other] = reports;
    expect(own.comparisons).toEqual([]);
    const [first] = own.model.metrics;
    const [second] = other.model.metrics;
    expect(other.comparisons[0].difference).toBeCloseTo(second.value - first.value, 12);
    expect(other.comparisons[0].p).toBeGreaterThan(0);
    expect(other.verdict).toBeDefined();
  });

  it("goes by another metric and base, and corrects p for several models", async () => {
    const base = "bundled";
    const { code, stderr } = await compare("warm", "cold", "--base", base, "--data", dev);
    expect([code, stderr]).toMatchObject([2, expect.stringContaining("bundled")]);
    const { reports } = await comparison(
      ...["warm", "cold", "cold:30", "--data", dev, "--metric", "pearson_cosine"],
    );
    expect(reports.map(({ primary }) => primary)).toEqual(Array(3).fill("pearson_cosine"));
    const tested = reports.slice(1).map(({ comparisons }) => comparisons[0]);
    for (const { p = 1, adjustedP = 0 } of tested) expect(adjustedP).toBeGreaterThanOrEqual(p);
  });

  it("shows what the runs measured at their end, the test part first, where no data are given", async () => {
    const { reports, recorded, models } = await comparison("warm", "cold");
    expect(recorded).toBe(true);
    expect(reports).toMatchObject([
      { file: expect.stringContaining("set aside"), selected: false, model: { name: "warm" } },
      { file: expect.stringContaining("set aside"), selected: false, model: { name: "cold" } },
    ]);
    expect(models[0].bytes).toBeUndefined();
    const { stdout } = await compare("warm", "cold");
    expect(stdout).toMatch(/--temperature +0\.3 +0\.03/);
    expect(stdout).toContain("as the runs measured them");
  });

  it("ends with 3 where a figure is below, or worse, or has no verdict, and prints the result all the same", async () => {
    const low = await compare("warm", "cold", "--data", dev, "--fail-below", "0.999");
    expect([low.code, low.stderr]).toEqual([
      3,
      expect.stringMatching(/cold: spearman_cosine on .*below 0\.999/),
    ]);
    expect(low.stderr).not.toContain("warm: ");
    expect(low.stdout).toContain("spearman_cosine");
    expect((await compare("warm", "--data", dev, "--fail-below", "-1")).code).toBe(0);

    const nonsense = words.map((a, i): [string, string, number] => [`the ${a}`, `a ${a}`, i % 3]);
    const few = scored("few.csv", nonsense.slice(0, 6));
    const { code, stderr, stdout } = await compare("cold", "--data", few, "--fail-if-worse");
    expect([code, stderr]).toEqual([
      3,
      expect.stringMatching(/no verdict on .*6 rows are too few/),
    ]);
    expect(stdout).toMatch(/too few for intervals or a verdict/);

    const same = scored(
      "same.csv",
      words.map((a) => [`the ${a}`, `a ${a}`, 3]),
    );
    const constant = await compare("cold", "--data", same, "--fail-below", "0.1");
    expect([constant.code, constant.stdout]).toEqual([1, ""]);
    expect(constant.stderr).toContain("all 10 scores are the same");
  });

  it.each<[string[], RegExp]>([
    [
      ["warm", "cold", "--data", "dev.csv", "--metric", "spearman_cosin"],
      /did you mean "spearman_cosine"/,
    ],
    [["warm", "--metric", "cosine_mrr@1"], /did you mean/],
    [["warm", "../warm"], /no such|does not exist|is no run/],
    [["warm", "--base", "cold"], /--base has no effect/],
    [["warm", "--data", "dev.csv", "--fail-below", "80"], /from -1 and up to 1/],
  ])("refuses %j", async (args, message) => {
    const { code, stderr, stdout } = await compare(...args);
    expect([code, stdout]).toEqual([2, ""]);
    expect(stderr).toMatch(message);
  });
});
