import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { bundled } from "../support/bundled.js";
import { type CliResult, embtune as embtuneProcess, freshFolder, root } from "../support/cli.js";
import { embtune } from "../support/in-process.js";

const support = (name: string) => join(root, "data", "support", name);

interface Report {
  file: string;
  primary: string;
  rows: number;
  selected: boolean;
  verdict?: string;
  model: { metrics: { key: string; value: number; interval: { low: number; high: number } }[] };
  comparisons: { key: string; difference: number; interval: { low: number; high: number } }[];
}

const readJson = (path: string) => JSON.parse(readFileSync(path, "utf8"));
const readLines = (path: string) =>
  readFileSync(path, "utf8")
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));

describe("train, evaluate, embed in a folder with a space", () => {
  const folder = freshFolder();
  const run = join(folder, "first run");
  let trained: CliResult;

  beforeAll(async () => {
    trained = await embtuneProcess(
      ["train", support("train.csv"), "--eval", support("dev.csv"), "--steps", "40", "--out", run],
      { cwd: folder },
    );
  }, 120_000);

  it("prints columns, two rows, counts and scores; results alone go to stdout", () => {
    expect(trained.stderr).toContain('anchor = "anchor"');
    expect(trained.stderr).toContain("480 of 480 kept (pair)");
    expect(trained.stderr.match(/^ {2}line \d+$/gm)).toEqual(["  line 2", "  line 3"]);
    expect(trained.stderr).toContain("spearman_cosine of 188 rows");
    expect(trained.stdout).toContain("no verdict: this file selected the model");
    expect(trained.stdout).not.toContain("480 of 480");
    expect(trained.code).toBe(0);
  });

  it("leaves run.json, log.jsonl, at most three checkpoints and a model", () => {
    expect(readdirSync(run).sort()).toEqual([
      "checkpoints",
      "evaluation.json",
      "evaluation.safetensors",
      "log.jsonl",
      "model",
      "report.html",
      "run.json",
    ]);
    const record = readJson(join(run, "run.json"));
    expect(record.options).toMatchObject({
      objective: "infonce",
      seed: 42,
      batchSize: 64,
      steps: 40,
    });
    expect(record.options.objectiveOptions.temperature).toBe(0.05);
    expect(record.data.sha256).toMatch(/^[0-9a-f]{64}$/);
    expect(record.data.rows).toBe(480);
    expect(record.base.hash).toMatch(/^[0-9a-f]{64}$/);
    expect(record.result.bestValue).toBeGreaterThan(record.result.startValue);
    const steps = readdirSync(join(run, "checkpoints")).filter((name) => name.startsWith("step-"));
    expect(steps.length).toBeLessThanOrEqual(3);
    expect(steps).toContain("step-000040");
  });

  it("logs the base model as step 0, every step, and every evaluation", () => {
    const log = readLines(join(run, "log.jsonl"));
    expect(log[0].step).toBe(0);
    expect(log[0].eval.spearman_cosine).toBeGreaterThan(0.2);
    const steps = log.filter((line) => "loss" in line);
    expect(steps.map((line) => line.step)).toEqual(Array.from({ length: 40 }, (_, i) => i + 1));
    for (const line of steps) {
      expect(Object.keys(line)).toEqual([
        "step",
        "epoch",
        "loss",
        "gradNorm",
        "lr",
        "chance",
        "masked",
        "tokens",
        "msPerStep",
      ]);
    }
    expect(steps[0].lr).toBeCloseTo(1e-3 / 4, 12);
    expect(steps[39].lr).toBe(0);
    expect(steps[39].loss).toBeLessThan(steps[0].loss);
    expect(log.filter((line) => "eval" in line).at(-1).step).toBe(40);
  });

  it("evaluate compares with the base and gives a verdict on another file", async () => {
    const { code, stdout } = await embtune(["evaluate", support("test.csv"), "--model", run]);
    expect(code).toBe(0);
    const last = stdout.trimEnd().split("\n").at(-1);
    expect(last).toMatch(
      /^verdict on spearman_cosine: better \(\+\d+\.\d\d, 95 % CI \+\d+\.\d\d\.\.\+\d+\.\d\d, p < 0\.001, n 311\)$/,
    );
  });

  it("evaluate --json holds the same in 0–1", async () => {
    const { stdout } = await embtune([
      "evaluate",
      support("test.csv"),
      "--model",
      run,
      "--json",
      "--quiet",
    ]);
    const [report] = JSON.parse(stdout) as Report[];
    expect(report.verdict).toBe("better");
    expect(report.rows).toBe(311);
    const [spearman] = report.model.metrics;
    expect(spearman.key).toBe("spearman_cosine");
    expect(spearman.value).toBeGreaterThan(spearman.interval.low);
    expect(spearman.value).toBeLessThan(spearman.interval.high);
    expect(report.comparisons[0].interval.low).toBeGreaterThan(0);
  });

  it("evaluate recognises the file that selected the run", async () => {
    const { stdout } = await embtune(["evaluate", support("dev.csv"), "--model", run]);
    expect(stdout).toContain("no verdict: this file selected the model");
    expect(stdout).not.toContain("verdict on");
  });

  it("embed writes the vectors of model/ in order, with a manifest", async () => {
    const out = join(folder, "vectors.npy");
    const { code } = await embtune([
      "embed",
      support("sentences.txt"),
      "--model",
      run,
      "--out",
      out,
    ]);
    expect(code).toBe(0);
    const bytes = readFileSync(out);
    expect(bytes.subarray(1, 6).toString()).toBe("NUMPY");
    expect(bytes.subarray(10, 128).toString()).toContain(`'shape': (120, ${bundled.width})`);
    expect(bytes.length).toBe(128 + 120 * bundled.width * 4);
    const manifest = readJson(`${out}.manifest.json`);
    expect(manifest).toMatchObject({
      rows: 120,
      dimension: bundled.width,
      normalized: true,
      dtype: "float32",
    });
    expect(manifest.source.sha256).toMatch(/^[0-9a-f]{64}$/);
    const again = await embtune(["embed", support("sentences.txt"), "--model", run, "--out", out]);
    expect(again.code).toBe(2);
    expect(again.stderr).toContain("--overwrite");
  });

  it("resuming a finished run trains nothing and gives the same model", async () => {
    const before = readFileSync(join(run, "model", "onnx", "model.onnx"));
    const { code } = await embtune(["train", "--resume", run]);
    expect(code).toBe(0);
    expect(readFileSync(join(run, "model", "onnx", "model.onnx")).equals(before)).toBe(true);
  });

  it("refuses to write into it again without --overwrite or --resume", async () => {
    const { code, stderr } = await embtune(["train", support("train.csv"), "--out", run]);
    expect(code).toBe(2);
    expect(stderr).toContain("exists and is not empty");
    expect(stderr).toContain("--overwrite");
    expect(stderr).not.toContain("anchor");
    const missing = await embtune(["train", "no such.csv", "--out", run, "--sweep", "lr=1,2"]);
    expect(missing.stderr).toContain("holds what is no comparison of runs");
    expect(existsSync(join(run, "model", "onnx", "model.onnx"))).toBe(true);
  });
});

describe("an interrupted run", () => {
  it("ends with exit code 130 and a checkpoint, and resumes to the same parameters", async () => {
    const folder = freshFolder();
    const data = [
      "train",
      support("train.csv"),
      "--eval",
      support("dev.csv"),
      "--steps",
      "400",
      "--eval-every",
      "50",
      "--no-report",
    ];
    const whole = join(folder, "whole");
    const broken = join(folder, "broken");
    const first = await embtuneProcess([...data, "--out", broken], { interruptAt: "step 100:" });
    expect(first.code).toBe(130);
    expect(first.stderr).toContain("a checkpoint was written");
    expect(existsSync(join(broken, "model"))).toBe(false);
    const steps = readLines(join(broken, "log.jsonl")).filter((line) => "loss" in line).length;
    expect(steps).toBeLessThan(400);
    expect((await embtune(["train", "--resume", broken, "--no-report"])).code).toBe(0);
    expect((await embtune([...data, "--out", whole])).code).toBe(0);
    for (const file of ["parameters.safetensors", "optimizer.safetensors"]) {
      const path = (run: string) => join(run, "checkpoints", "step-000400", file);
      expect(readFileSync(path(broken)).equals(readFileSync(path(whole)))).toBe(true);
    }
    expect(
      readFileSync(join(broken, "model", "onnx", "model.onnx")).equals(
        readFileSync(join(whole, "model", "onnx", "model.onnx")),
      ),
    ).toBe(true);
  });
});
