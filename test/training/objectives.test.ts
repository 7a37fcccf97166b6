import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { writeFileAtomic } from "../../src/files/files.js";
import { npyHeader } from "../../src/files/npy-header.js";
import { loadModel } from "../../src/jobs/load-model.js";
import { trainPlanned } from "../../src/jobs/train.js";
import { objectives } from "../../src/objectives/registry.js";
import { openResources, type Resources } from "../../src/training/model/resources.js";
import type { TrainOptions } from "../../src/training/options/settings.js";
import { planTraining } from "../../src/training/plan/plan.js";
import { runTraining } from "../../src/training/run/run.js";
import { csvOf, type Table, temporary } from "../support/rows.js";

let resources: Resources;
/** A run folder whose model is another one than the encoder: a teacher, or a guide. */
let other: string;
beforeAll(async () => {
  other = join(temporary(), "other");
  const options = { steps: 40, lr: 0.01, evalEvery: 10 };
  const plan = await planTraining({
    data: csvOf("triplet"),
    eval: csvOf("nli"),
    out: other,
    ...options,
  });
  resources = await openResources(plan.settings, 1000);
  const { unchanged } = await trainPlanned(plan, {
    resources,
    report: false,
    onEvent: () => {},
  });
  expect(unchanged).toBe(false);
});
afterAll(() => resources.close());

const measured = csvOf([
  "sentence1,sentence2,score",
  "a cat,a kitten,4",
  "a barn,a house,3",
  "a duck,a plane,0",
  "a goat,a sheep,2",
]);

/** Losses of a run, in order. */
async function lossesOf(table: Table, options: Partial<TrainOptions>): Promise<number[]> {
  const plan = await planTraining({
    data: csvOf(table),
    eval: measured,
    out: join(temporary(), "run"),
    steps: 40,
    batchSize: 20,
    lr: 0.01,
    evalEvery: 40,
    ...options,
  });
  const found: number[] = [];
  await runTraining(plan, {
    resources,
    onEvent: (event) => {
      if (event.type === "step") found.push(event.record.loss);
    },
  });
  return found;
}

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

/** Every step is finite, and the last losses are below the first. */
function expectLearning(found: readonly number[]): void {
  expect(found).toHaveLength(40);
  expect(found.every(Number.isFinite)).toBe(true);
  expect(mean(found.slice(-8))).toBeLessThan(mean(found.slice(0, 8)));
}

/** The rows that each objective is made for, and rows that are converted. */
const rowsOf: Readonly<Record<string, readonly [natural: Table, converted: Table]>> = {
  contrastive: ["labelled-pair", "nli"],
  triplet: ["triplet", "nli"],
  "n-pair": ["pair", "classed"],
  nce: ["triplet", "nli"],
  neg: ["pair", "classed"],
  infonce: ["triplet", "classed"],
  "nt-xent": ["pair", "nli"],
  "soft-nearest-neighbors": ["classed", "triplet"],
  "lifted-structured": ["classed", "pair"],
  supcon: ["classed", "nli"],
  cosent: ["scored-pair", "nli"],
  angle: ["scored-pair", "nli"],
  "cosine-mse": ["scored-pair", "nli"],
  "online-contrastive": ["labelled-pair", "nli"],
  softmax: ["nli", "nli"],
  dcl: ["pair", "nli"],
  debiased: ["triplet", "classed"],
  "hard-reweighted": ["pair", "nli"],
  sigmoid: ["triplet", "classed"],
  "align-uniform": ["pair", "nli"],
  "distill-mse": ["text", "triplet"],
  "distill-cosine": ["text", "nli"],
  "margin-mse": ["margin", "nli"],
};

describe("every objective learns", () => {
  it("and every one is tried", () => {
    expect(Object.keys(rowsOf).sort()).toEqual(objectives.map(({ name }) => name).sort());
  });

  const cases = Object.entries(rowsOf).flatMap(([objective, tables]) =>
    [...new Set(tables)].map((table) => [objective, table] as const),
  );
  it.each(cases)("%s from %s", async (objective, table) => {
    const imitates = objective.startsWith("distill") || objective === "margin-mse";
    const teacher = imitates && table !== "margin" ? { teacher: other } : {};
    expectLearning(await lossesOf(table, { objective, ...teacher }));
  });
});

describe("modifiers and further ways to feed an objective", () => {
  it.each<[string, Table, Partial<TrainOptions>]>([
    [
      "mined batch-all",
      "classed",
      { objective: "triplet", objectiveOptions: { mining: "batch-all" } },
    ],
    [
      "mined batch-hard",
      "classed",
      { objective: "triplet", objectiveOptions: { mining: "batch-hard" } },
    ],
    [
      "mined from pairs",
      "pair",
      { objective: "triplet", objectiveOptions: { mining: "batch-semi-hard" } },
    ],
    ["two texts a class", "classed", { objective: "supcon", perClass: 2 }],
    ["prefixes", "triplet", { objectiveOptions: { dims: [96, 64], weights: [1, 0.5] } }],
    [
      "prefixes of softmax's classifier",
      "nli",
      { objective: "softmax", objectiveOptions: { dims: [128, 32] } },
    ],
    ["explicit negatives alone", "triplet", { objectiveOptions: { inBatch: false } }],
    ["a queue", "triplet", { objective: "dcl", objectiveOptions: { queue: 30 } }],
    ["fewer dimensions", "nli", { objective: "cosent", headDim: 64 }],
    ["an MLP", "classed", { objective: "nce", head: "mlp", lr: 0.001 }],
    ["queries alone", "pair", { headSide: "query" }],
  ])("%s", async (_, table, options) => {
    expectLearning(await lossesOf(table, options));
  });

  it("a guide removes candidates, in the queue too", async () => {
    const plain = await lossesOf("triplet", { objectiveOptions: { queue: 20 } });
    const guided = { guide: other, objectiveOptions: { queue: 20, guideMargin: 0.5 } };
    const found = await lossesOf("triplet", guided);
    expectLearning(found);
    expect(found[0]).toBeLessThan(plain[0]);
    expect(found[10]).toBeLessThan(plain[10]);
  });

  it("the objective's own scalars learn at their own rate", async () => {
    const at = async (scalarLr: number) =>
      (await lossesOf("pair", { objective: "sigmoid", scalarLr }))[20];
    expect(await at(0.1)).not.toBe(await at(0.001));
  });
});

describe("distillation from a file of vectors", () => {
  /** A vector of `size` numbers for each row of the table of texts. */
  async function vectors(rows: number, size: number): Promise<string> {
    const file = join(temporary(), "teacher.npy");
    const numbers = Float32Array.from({ length: rows * size }, (_, i) =>
      Math.sin(Math.floor(i / size / 2) * 7 + (i % size)),
    );
    await writeFileAtomic(
      file,
      Buffer.concat([npyHeader(rows, size), Buffer.from(numbers.buffer)]),
    );
    return file;
  }

  it.each([32, 300])("takes the teacher's %i dimensions", async (size) => {
    const out = join(temporary(), "run");
    const plan = await planTraining({
      data: csvOf("text"),
      out,
      objective: "distill-mse",
      teacherVectors: await vectors(80, size),
      epochs: 40,
      lr: 0.02,
    });
    const found: number[] = [];
    const { record, unchanged } = await trainPlanned(plan, {
      resources,
      report: false,
      onEvent: (event) => {
        if (event.type === "step") found.push(event.record.loss);
      },
    });
    expect(mean(found.slice(-5))).toBeLessThan(0.8 * mean(found.slice(0, 5)));
    expect(record.outside?.dimension).toBe(size);
    expect(unchanged).toBe(false);
    const tuned = await loadModel(out);
    expect(tuned.info.dimension).toBe(size);
    await tuned.release();
  });

  it("refuses vectors of another number of rows, and another dimension than asked for", async () => {
    const options = { data: csvOf("text"), objective: "distill-cosine" } as const;
    const run = async (more: Partial<TrainOptions>) => {
      const plan = await planTraining({ ...options, out: join(temporary(), "run"), ...more });
      await runTraining(plan, { resources, onEvent: () => {} });
    };
    await expect(run({ teacherVectors: await vectors(79, 8) })).rejects.toThrow(
      /has 79 vectors, expected one for each of the 80 rows/,
    );
    await expect(run({ teacherVectors: await vectors(80, 8), headDim: 16 })).rejects.toThrow(
      /--head-dim 16 cannot imitate the 8 dimensions/,
    );
  });
});

describe("what does not fit the model is refused before anything is encoded", () => {
  it.each<[Table, Partial<TrainOptions>, RegExp]>([
    ["scored-pair", { objective: "angle", headDim: 63 }, /even dimension, got 63/],
    [
      "scored-pair",
      { objective: "angle", objectiveOptions: { dims: [65] } },
      /even dimension, got 65/,
    ],
    [
      "pair",
      { objectiveOptions: { dims: [4096] } },
      /--matryoshka 4096 is more than the embedding's \d+ dimensions/,
    ],
  ])("%s %j", async (table, options, message) => {
    const plan = await planTraining({
      data: csvOf(table),
      eval: csvOf("nli"),
      out: join(temporary(), "run"),
      ...options,
    });
    const events: string[] = [];
    const run = runTraining(plan, { resources, onEvent: ({ type }) => events.push(type) });
    await expect(run).rejects.toThrow(message);
    expect(events).toEqual([]);
  });
});

describe("the encoder itself learns", () => {
  it.each<[string, Table, Partial<TrainOptions>]>([
    ["with a guide", "triplet", { objectiveOptions: { guideMargin: 0.1 } }],
    ["from a teacher's margins", "triplet", { objective: "margin-mse" }],
    ["from a teacher's vectors", "text", { objective: "distill-mse" }],
  ])("%s", async (what, table, options) => {
    const own = what === "with a guide" ? { guide: other } : { teacher: other };
    const tuned = { tune: "lora" as const, steps: 12, batchSize: 10, head: "none" as const };
    const found = await lossesOf(table, { ...tuned, lr: 0.005, ...own, ...options });
    expect(found).toHaveLength(12);
    expect(found.every(Number.isFinite)).toBe(true);
    expect(mean(found.slice(-4))).toBeLessThan(mean(found.slice(0, 4)));
  });
});
