import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { checkGolden, relativeError } from "../../src/objectives/check.js";
import { runGraph } from "../support/run-graph.js";

const path = join(import.meta.dirname, "..", "golden", "infonce.json");

interface LooseTensor {
  readonly shape: number[];
  readonly data: number[];
}

/** A golden file that a test may spoil. */
interface LooseFile {
  objective: string;
  cases: {
    name: string;
    options: Record<string, unknown>;
    inputs: Record<string, LooseTensor>;
    loss: number | null;
    gradients: Record<string, LooseTensor>;
  }[];
}

const golden = (): LooseFile => {
  const file = JSON.parse(readFileSync(path, "utf8")) as LooseFile;
  return { ...file, cases: file.cases.slice(0, 2) };
};
const check = (contents: unknown) =>
  checkGolden(contents, { dtype: "float64", run: runGraph, file: "infonce.json" });

type Spoil = (file: LooseFile, first: LooseFile["cases"][number]) => void;

const spoiled: [string, Spoil, string][] = [
  [
    "an unknown option",
    (_, first) => Object.assign(first.options, { heat: 1 }),
    'case "defaults": infonce has no option "heat"',
  ],
  [
    "an option of another objective",
    (_, first) => Object.assign(first.options, { margin: 1 }),
    'no option "margin"',
  ],
  [
    "an option out of range",
    (_, first) => Object.assign(first.options, { temperature: 0 }),
    "must be a number above 0",
  ],
  [
    "an unknown objective",
    (file) => Object.assign(file, { objective: "infonse" }),
    'no objective is called "infonse"',
  ],
  [
    "an unknown input",
    (_, first) => Object.assign(first.inputs, { anchor: first.inputs.anchors }),
    'unknown input "anchor"',
  ],
  [
    "an input that does not belong",
    (_, first) => Object.assign(first.inputs, { scores: first.inputs.anchors }),
    'infonce has no input "scores"',
  ],
  ["a missing input", (_, first) => delete first.inputs.positives, "infonce needs the inputs"],
  [
    "a shape that does not fit",
    (_, first) => first.inputs.anchors.data.pop(),
    "cannot hold 47 values",
  ],
  [
    "a value that is no number",
    (_, first) => Object.assign(first, { loss: null }),
    '"loss" of case "defaults" must be a number, got null',
  ],
  ["no cases", (file) => Object.assign(file, { cases: null }), '"cases" must be a list'],
];

describe("checkGolden", () => {
  it("reports a wrong loss and a wrong gradient, each with its error", async () => {
    const file = golden();
    const [defaults, explicit] = file.cases;
    defaults.loss = defaults.loss! + 1e-6;
    explicit.gradients.negatives.data[3] *= 1.001;
    const [first, second] = await check(file);
    expect(first).toMatchObject({ name: "defaults", passed: false, tolerance: 1e-9 });
    const errorOf = (quantity: string): number | undefined =>
      first.errors.find((error) => error.quantity === quantity)?.error;
    expect(errorOf("loss")).toBeGreaterThan(1e-7);
    expect(errorOf("anchors")).toBeLessThan(1e-9);
    expect(second.passed).toBe(false);
    const wrong = second.errors.filter(({ error }) => error > 1e-9);
    expect(wrong.map(({ quantity }) => quantity)).toEqual(["negatives"]);
    expect(second.worst).toBe(Math.max(...second.errors.map(({ error }) => error)));
  });

  it("uses 1e-5 or the case's own tolerance in float32", async () => {
    const reports = await checkGolden(golden(), { dtype: "float32", run: runGraph, file: "f" });
    expect(reports.map(({ tolerance }) => tolerance)).toEqual([0.00021, 1e-5]);
    expect(reports.every(({ passed }) => passed)).toBe(true);
  });

  it("takes the gradient of what the loss does not flow into as 0", async () => {
    const file = JSON.parse(readFileSync(path.replace("infonce", "queue"), "utf8")) as LooseFile;
    const [first] = file.cases;
    const queue = first.inputs.queue;
    first.gradients.queue = { shape: queue.shape, data: queue.data.map(() => 0) };
    const [report] = await check({ ...file, cases: [first] });
    expect(report.errors.at(-1)).toEqual({ quantity: "queue", error: 0 });
    first.gradients.queue.data[0] = 1;
    const [wrong] = await check({ ...file, cases: [first] });
    expect(wrong.passed).toBe(false);
  });

  it.each(spoiled)("refuses %s, naming file and case", async (_, spoil, message) => {
    const file = golden();
    spoil(file, file.cases[0]);
    await expect(check(file)).rejects.toMatchObject({
      message: expect.stringContaining(message),
      exitCode: 1,
      at: { file: "infonce.json" },
    });
  });

  it("refuses what is no golden file", async () => {
    await expect(check([1])).rejects.toThrow("a golden file must be an object");
    await expect(check({ cases: [] })).rejects.toThrow('"objective" must be a text');
  });
});

describe("relativeError", () => {
  it("measures against the largest value of the row, and is infinite for NaN and for missing values", () => {
    const want = { shape: [2, 2], data: [100, 0, 0, 0] };
    expect(relativeError([100, 1, 0, 0], want)).toBeCloseTo(1 / 100.01, 12);
    expect(relativeError([100, 0, 0, 0.01], want)).toBeCloseTo(1, 12);
    expect(relativeError([Number.NaN, 0, 0, 0], want)).toBe(Number.POSITIVE_INFINITY);
    expect(relativeError([100], want)).toBe(Number.POSITIVE_INFINITY);
  });
});
