import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { freshFolder } from "../support/cli.js";
import { embtune } from "../support/in-process.js";
import { csvOf } from "../support/rows.js";

interface Compared {
  metric: string;
  rows: number;
  base: { value: number; interval?: { low: number; high: number } };
  runs: {
    name: string;
    objective: string;
    objectiveOptions: Record<string, unknown>;
    run: string;
    value: number;
    interval?: { low: number; high: number };
    difference?: { difference: number };
    steps: number;
    seconds: number;
  }[];
}

const out = (): string => join(freshFolder(), "runs");

describe("train --objective a,b,c", () => {
  it("trains each from the same start and budget and prints one table", async () => {
    const folder = out();
    const { code, stdout, stderr } = await embtune([
      "train",
      csvOf("nli"),
      "--objective",
      "infonce,contrastive,softmax",
      "--temperature",
      "0.1",
      "--epochs",
      "2",
      "--out",
      folder,
    ]);
    expect([code, stderr]).toEqual([0, expect.stringContaining("(3 of 3)")]);
    const lines = stdout.trimEnd().split("\n");
    expect(lines[1]).toMatch(
      /^run +cosine_mrr@10 +95 % CI +vs base +95 % CI +best step +steps +time$/,
    );
    const names = lines.slice(2, 6).map((line) => line.split(/ +/)[0]);
    expect(names).toEqual(["embtune-mini-en", "infonce", "contrastive", "softmax"]);
    // The texts were encoded once, before the first run.
    expect(stderr.match(/note {5}converted/g)).toHaveLength(2);

    const report = JSON.parse(readFileSync(join(folder, "comparison.json"), "utf8")) as Compared;
    expect(new Set(report.runs.map(({ steps }) => steps)).size).toBe(1);
    const records = report.runs.map(({ run }) =>
      JSON.parse(readFileSync(join(run, "run.json"), "utf8")),
    );
    expect(new Set(records.map((record) => record.result.startValue)).size).toBe(1);
    expect(records[0].result.startValue).toBe(report.base.value);
    expect(records[0].options.objectiveOptions.temperature).toBe(0.1);
    expect("temperature" in records[1].options.objectiveOptions).toBe(false);
    for (const { run, value } of report.runs) {
      expect(value).toBeGreaterThanOrEqual(report.base.value);
      expect(existsSync(join(run, "model", "onnx", "model.onnx"))).toBe(true);
    }
  });

  it("refuses objectives that would be measured on different rows", async () => {
    const file = csvOf([
      "sentence1,sentence2,score,negative",
      ...Array.from({ length: 30 }, (_, i) => `a ${i},b ${i},${i % 5},c ${i}`),
    ]);
    const folder = out();
    const args = ["train", file, "--objective", "infonce,cosent", "--out", folder];
    const { code, stderr } = await embtune(args);
    expect([code, stderr]).toEqual([2, expect.stringContaining("--eval FILE")]);
    expect(existsSync(folder)).toBe(false);
    const measured = await embtune([...args, "--eval", csvOf("pair"), "--json", "--quiet"]);
    expect([measured.code, measured.stderr]).toEqual([0, ""]);
    expect((JSON.parse(measured.stdout) as Compared).metric).toBe("cosine_mrr@10");
  });

  it.each<[string[], string]>([
    [["--objective", "infonce,infonce"], "names infonce twice"],
    [["--objective", "infonce,supconn"], 'did you mean "supcon"?'],
    [
      ["--objective", "infonce,nt-xent", "--margin", "1"],
      "none of infonce, nt-xent has the option --margin",
    ],
    [["--objective", "infonce,nt-xent", "--resume", "somewhere"], "--resume goes on with one run"],
  ])("refuses %j", async (args, message) => {
    const { code, stderr } = await embtune(["train", csvOf("pair"), ...args, "--out", out()]);
    expect([code, stderr]).toEqual([2, expect.stringContaining(message)]);
  });

  it("does not write into a folder that holds something", async () => {
    const folder = freshFolder();
    const args = ["train", csvOf("pair"), "--objective", "infonce,nt-xent", "--steps", "2"];
    expect((await embtune([...args, "--out", folder, "--quiet"])).code).toBe(0);
    const again = await embtune([...args, "--out", folder]);
    expect([again.code, again.stderr]).toEqual([2, expect.stringContaining("--overwrite")]);
    expect((await embtune([...args, "--out", folder, "--overwrite", "--quiet"])).code).toBe(0);
  });
});

describe("train --sweep", () => {
  it("trains with each value of an objective's option", async () => {
    const folder = out();
    const { code, stdout } = await embtune([
      "train",
      csvOf("pair"),
      "--objective",
      "infonce,align-uniform",
      "--sweep",
      "temperature=0.05,1",
      "--steps",
      "4",
      "--out",
      folder,
      "--json",
      "--quiet",
    ]);
    expect(code).toBe(0);
    const { runs } = JSON.parse(stdout) as Compared;
    expect(runs.map(({ name }) => name)).toEqual([
      "infonce temperature 0.05",
      "infonce temperature 1",
      "align-uniform",
    ]);
    expect(runs.map(({ objectiveOptions }) => objectiveOptions.temperature)).toEqual([
      0.05,
      1,
      undefined,
    ]);
    expect(runs[1].run).toBe(join(folder, "infonce-temperature-1"));
    expect(runs.every(({ steps }) => steps === 4)).toBe(true);
  });

  it("trains with each value of an option of training, as its own parser reads it", async () => {
    const { stdout } = await embtune([
      "train",
      csvOf("pair"),
      "--sweep",
      "epochs=1,3",
      "--out",
      out(),
      "--dry-run",
      "--json",
      "--quiet",
    ]);
    const plans = JSON.parse(stdout) as { steps: number; options: { epochs: number } }[];
    expect(plans.map(({ options }) => options.epochs)).toEqual([1, 3]);
    expect(plans[1].steps).toBe(3 * plans[0].steps);
  });

  it.each([
    ["temprature=0.05,0.1", 'did you mean "temperature"?'],
    ["seed=1,2", "cannot vary --seed"],
    ["head=linear,mpl", "linear, mlp"],
    ["temperature=0.1,0", "must be a number above 0, got 0"],
    ["temperature=0.1", "It must be option=value,value"],
  ])("refuses %s", async (sweep, message) => {
    const { code, stderr } = await embtune([
      "train",
      csvOf("pair"),
      "--sweep",
      sweep,
      "--out",
      out(),
    ]);
    expect([code, stderr]).toEqual([2, expect.stringContaining(message)]);
  });
});
