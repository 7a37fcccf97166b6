import { describe, expect, it } from "vitest";
import { readRows } from "../../../src/dataset/load-dataset.js";
import { textsOfRow } from "../../../src/dataset/rows/convert.js";
import type { Dataset } from "../../../src/dataset/rows/row-types.js";
import type { TrainOptions } from "../../../src/training/options/settings.js";
import { planTraining } from "../../../src/training/plan/plan.js";
import { csvOf, type Table } from "../../support/rows.js";

const plan = (table: Table, options: Partial<TrainOptions> = {}) =>
  planTraining({ data: csvOf(table), out: "never", ...options });

interface Case {
  readonly rows: Table;
  readonly objective: string;
  readonly task: string;
  readonly metric: string;
}

describe("without --eval the metric is that of the rows", () => {
  it.each<Case>([
    { rows: "pair", objective: "infonce", task: "pair-retrieval", metric: "cosine_mrr@10" },
    { rows: "pair", objective: "supcon", task: "pair-retrieval", metric: "cosine_mrr@10" },
    { rows: "triplet", objective: "infonce", task: "pair-retrieval", metric: "cosine_mrr@10" },
    { rows: "triplet", objective: "triplet", task: "triplet", metric: "cosine_accuracy" },
    { rows: "margin", objective: "margin-mse", task: "triplet", metric: "cosine_accuracy" },
    { rows: "labelled-pair", objective: "contrastive", task: "pair", metric: "cosine_ap" },
    { rows: "scored-pair", objective: "cosent", task: "sts", metric: "spearman_cosine" },
    { rows: "classed", objective: "supcon", task: "class", metric: "knn_accuracy" },
    { rows: "classed", objective: "infonce", task: "class", metric: "knn_accuracy" },
    { rows: "nli", objective: "infonce", task: "pair-retrieval", metric: "cosine_mrr@10" },
    { rows: "nli", objective: "triplet", task: "triplet", metric: "cosine_accuracy" },
    { rows: "nli", objective: "softmax", task: "pair", metric: "cosine_ap" },
    { rows: "nli", objective: "contrastive", task: "pair", metric: "cosine_ap" },
    { rows: "nli", objective: "angle", task: "sts", metric: "spearman_cosine" },
  ])("$rows trained by $objective: $metric", async ({ rows, objective, task, metric }) => {
    const { evaluator, metric: chosen } = await plan(rows, { objective });
    expect([evaluator.task, chosen]).toEqual([task, metric]);
    expect(evaluator.rows).toBeGreaterThan(0);
  });

  it("single texts: agreement with the teacher", async () => {
    const { evaluator, metric } = await plan("text", { objective: "distill-mse", teacher: "some" });
    expect([evaluator.task, metric]).toEqual(["sts", "spearman_cosine"]);
  });
});

describe("rows are held out", () => {
  const textsOf = ({ rows }: Dataset): string[] => [...rows].flatMap((row) => [...textsOfRow(row)]);

  it.each<[Table, string]>([
    ["pair", "supcon"],
    ["triplet", "infonce"],
    ["labelled-pair", "contrastive"],
    ["scored-pair", "cosent"],
    ["classed", "infonce"],
    ["classed", "lifted-structured"],
    ["nli", "softmax"],
  ])("%s by %s: no measured text is trained on", async (table, objective) => {
    const { files, evaluator } = await plan(table, { objective });
    const { train, data } = files[0];
    const measured: string[] = [];
    await evaluator.run(async (texts) => {
      measured.push(...texts);
      return { rows: texts.length, cols: 2, data: new Float32Array(2 * texts.length).fill(1) };
    });
    const trained = new Set(textsOf(train));
    const known = measured.filter((text) => trained.has(text));
    // Classes are told by the training texts, so those are embedded too.
    const reference = evaluator.task === "class" ? new Set(trained) : new Set<string>();
    expect(known.filter((text) => !reference.has(text))).toEqual([]);
    expect(measured.some((text) => !trained.has(text))).toBe(true);
    expect(train.rows.length).toBeLessThan(data.rows.length);
  });

  it("the same whatever the objective makes of them", async () => {
    const file = csvOf("nli");
    const measuredBy = async (objective: string): Promise<string[]> => {
      const prescribed = { measured: "pair" } as const;
      const { evaluator } = await planTraining({ data: file, out: "never", objective }, prescribed);
      const texts = new Set<string>();
      await evaluator.run(async (some) => {
        for (const text of some) texts.add(text);
        return { rows: some.length, cols: 1, data: new Float32Array(some.length).fill(1) };
      });
      return [...texts];
    };
    const infonce = await measuredBy("infonce");
    expect(await measuredBy("softmax")).toEqual(infonce);
    expect(await measuredBy("contrastive")).toEqual(infonce);
  });

  it("before classes become pairs, so that no pair crosses the border", async () => {
    const file = csvOf("classed");
    const { files } = await planTraining({ data: file, out: "never", objective: "infonce" });
    const { train } = files[0];
    const { dataset } = await readRows(file);
    expect(train.kind).toBe("pair");
    expect(new Set(textsOf(train)).size).toBe(Math.round(dataset.rows.length * 0.9));
  });
});
