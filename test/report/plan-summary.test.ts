import { beforeAll, describe, expect, it } from "vitest";
import type { PairRow } from "../../src/dataset/rows/row-types.js";
import { formatTrainingData } from "../../src/report/plan-data.js";
import { formatPlan, planRecord } from "../../src/report/plan-summary.js";
import type { TrainOptions } from "../../src/training/options/settings.js";
import { planTraining, type TrainingPlan } from "../../src/training/plan/plan.js";
import { file, options } from "../support/encoder-run.js";

const model = { prompts: { prompts: {}, defaultPromptName: undefined } };
const planOf = (changes: Partial<TrainOptions>): Promise<TrainingPlan> =>
  planTraining(options(changes));

/** The lines of a plan by the word that they begin with. */
function linesOf(plan: TrainingPlan, of: Parameters<typeof formatPlan>[1] = model) {
  const lines = formatPlan(plan, of).split("\n");
  return Object.fromEntries(lines.map((line) => [line.slice(0, 11).trim(), line.slice(11)]));
}

let plan: TrainingPlan;

beforeAll(async () => {
  plan = await planOf({ steps: 9, batchSize: 4, lr: 0.002, schedule: "cosine", evalEvery: 4 });
});

describe("formatPlan", () => {
  it("has the figures of the plan's record", () => {
    const record = planRecord(plan, model);
    const lines = linesOf(plan);
    const numbers = (line: string): number[] => [...line.matchAll(/\d+/g)].map(Number);
    expect(numbers(lines.training)).toEqual([record.trainRows, record.texts]);
    expect([record.trainRows, record.steps]).toEqual([24, 9]);
    expect(lines.steps).toBe(
      `9, of 4 rows each (${(record.steps / record.stepsPerEpoch).toFixed(1)} epochs), rate 0.002 cosine`,
    );
    expect(lines.selection.split(" ")[0]).toBe(record.metric);
    expect(lines.selection).toMatch(/, where differences under about \d+ points cannot be seen, /);
    expect(lines.selection.endsWith(`every ${record.evalEvery} steps`)).toBe(true);
    expect(lines.run).toBe(record.options.out);
    expect(lines.objective).toBe("infonce (its defaults: embtune objectives infonce)");
    expect(lines.differs).toContain("batch-size 4 (not 64)");
    expect(lines.differs).not.toContain("seed");
  });

  it("has the rows and steps of folds, as the record has them", async () => {
    const rows = Array.from({ length: 60 }, (_, i) => `text ${i} here,${["x", "y"][i % 2]}`);
    const data = file("folded-plan.csv", ["text,label", ...rows]);
    const folded = await planOf({
      data,
      eval: undefined,
      objective: "supcon",
      epochs: 2,
      batchSize: 16,
    });
    const record = planRecord(folded, model);
    expect(record.selectsOn).toBe(`60 rows of ${data} in 5 folds`);
    expect(record.folds.map((fold) => fold.rows)).toEqual([12, 12, 12, 12, 12]);
    const steps = record.folds.reduce((sum, fold) => sum + fold.steps, 0);
    const { selection } = linesOf(folded);
    expect(selection).toContain(`knn_accuracy of 60 rows (${record.selectsOn})`);
    expect(selection.endsWith(`, ${steps} steps more`)).toBe(true);
    expect(planRecord(plan, model).folds).toEqual([]);
  });

  // What is changed about training, and the words of the line "training" that must name it, and only then.
  it.each<[string, Partial<TrainOptions>, RegExp]>([
    ["the encoder that learns", { tune: "full" }, /encoder \(full\)/],
    ["the layers that learn", { tune: "last:1" }, /encoder \(last:1\)/],
    ["frozen weights", { tune: "full", freeze: "embeddings" }, /embeddings frozen/],
    ["the head's kind", { head: "mlp" }, /mlp head/],
    ["slower lower layers", { tune: "full", layerDecay: 0.8 }, /layer decay 0\.8/],
    ["dropout by its rate", { tune: "full", dropout: 0.1 }, /dropout 0\.1/],
    ["dropout of the model", { tune: "full", dropout: "config" }, /dropout of config\.json/],
    ["split batches", { tune: "full", miniBatchTokens: 200 }, /\b200 tokens at once/],
    ["joined batches", { accumulate: 2 }, /\b2 batches an update/],
  ])("names %s, where it is chosen", async (_, changes, words) => {
    expect(linesOf(await planOf(changes)).training).toMatch(words);
    expect(linesOf(plan).training).not.toMatch(words);
  });

  it("has a line for each of several files with its own objective, and how they alternate", async () => {
    const scored = file("plan scored.csv", [
      "sentence1,sentence2,score",
      ...Array.from({ length: 8 }, (_, i) => `first ${i},second ${i},${i % 5}`),
    ]);
    const several = await planOf({
      moreData: [scored],
      objectives: { [scored]: { objective: "cosent" } },
      mix: "round-robin",
    });
    const text = formatPlan(several, model);
    const record = planRecord(several, model);
    for (const { file: path, train, objective } of several.files) {
      const line = text.split("\n").find((one) => one.includes(`${path}: `))!;
      expect(line).toContain(`${train.rows.length} rows (${train.kind}), `);
      expect(line).toContain(`${objective.definition.name} (`);
    }
    expect(linesOf(several).mix).toBe("round-robin");
    const files = "files" in record ? (record.files ?? []) : [];
    expect(files.map(({ trainRows, objective }) => [trainRows, objective])).toEqual([
      [24, "infonce"],
      [8, "cosent"],
    ]);
    expect(record.trainRows).toBe(32);
  });

  it("states prompts only where a text gets one", () => {
    const prompts = { prompts: { query: "q: ", document: "" }, defaultPromptName: undefined };
    expect(linesOf(plan, { prompts }).prompts).toContain('"q: "');
    expect(linesOf(plan)).not.toHaveProperty("prompts");
    expect(planRecord(plan, { prompts }).prompts).toEqual({
      query: "q: ",
      document: "",
      other: "",
    });
  });

  it("states each part of the memory in MB, and what stays only where it is one at least", () => {
    const MB = 2 ** 20;
    const parts = { trained: MB, frozen: 2 * MB, copies: 5 * MB, optimizer: 3 * MB };
    const memory = {
      ...parts,
      activations: 4 * MB,
      report: 6 * MB,
      program: 100 * MB,
      total: 121 * MB,
    };
    const line = linesOf(plan, { ...model, memory: { ...memory, tokens: 1234 } }).memory;
    const sizes = (text: string) => [...text.matchAll(/([\d.]+) MB/g)].map(([, x]) => Number(x));
    expect(sizes(line)).toEqual([1, 2, 3, 5, 4, 6, 100, 121]);
    expect(line).toContain("1,234 tokens");
    const small = { ...memory, frozen: MB - 1, tokens: 0 };
    const other = linesOf(plan, { ...model, memory: small }).memory;
    expect(sizes(other)).toEqual([1, 3, 5, 4, 6, 100, 121]);
    expect(other).not.toContain("tokens");
  });

  it("says that nothing is measured where rows have no answer", async () => {
    const texts = file("plan texts.txt", ["one text", "another text", "a third text", "a fourth"]);
    const { eval: _, ...others } = options({ data: texts, dropout: 0.1, tune: "full" });
    const unmeasured = await planTraining(others);
    expect(linesOf(unmeasured).selection).toContain("last step");
    expect(planRecord(unmeasured, model).metric).toBe("none");
  });
});

describe("formatTrainingData", () => {
  it("shows the first rows as they are trained on, with the prompts", () => {
    const prompts = { prompts: { query: "q: ", document: "d: " }, defaultPromptName: undefined };
    const [text, ...others] = formatTrainingData(plan, prompts);
    expect(others).toEqual([]);
    const [first] = plan.groups[0].seen.rows as readonly PairRow[];
    expect(text).toContain(`anchor: q: ${first.anchor}`);
    expect(text).toContain(`positive: d: ${first.positive}`);
    expect(text.match(/^ {2}line /gm)).toHaveLength(2);
  });
});
