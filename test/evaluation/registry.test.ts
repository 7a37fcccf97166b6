import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { loadDataset } from "../../src/dataset/load-dataset.js";
import { conversionTo, type RowKind } from "../../src/dataset/rows/row-kinds.js";
import type { DatasetKind } from "../../src/dataset/rows/row-types.js";
import type { UserError } from "../../src/errors/user-error.js";
import { tasksDocument } from "../../src/evaluation/document.js";
import { loadEvaluationSet } from "../../src/evaluation/evaluation-set.js";
import {
  evaluatorFor,
  evaluatorNamed,
  evaluators,
  heldOutDefinition,
  taskOf,
  tasks,
} from "../../src/evaluation/evaluators/registry.js";
import { csvOf, type Table } from "../support/rows.js";

describe("the registry of evaluators", () => {
  it("names each task once, and the nearest of a misspelt one", () => {
    const names = evaluators.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    expect(() => evaluatorNamed("triplets")).toThrow(/no task is called "triplets"/);
  });

  it.each<[Table, string]>([
    ["scored-pair", "sts"],
    ["labelled-pair", "pair"],
    ["nli", "pair"],
    ["triplet", "triplet"],
    ["pair", "pair-retrieval"],
    ["classed", "class"],
  ])("finds the task of %s rows", async (table, task) => {
    expect((await loadEvaluationSet(csvOf(table))).task).toBe(task);
  });

  it("has no task for single texts", async () => {
    const dataset = await loadDataset(csvOf("text"));
    expect(() => taskOf(dataset)).toThrow("single texts cannot be measured");
  });

  it.each(tasks.map(({ name }) => name))("%s: gives the metrics that it declares", async (name) => {
    const { rows, metrics } = evaluatorNamed(name);
    const tables: Partial<Record<string, Table>> = {
      "scored-pair": "scored-pair",
      "labelled-pair": "labelled-pair",
      pair: "triplet",
      classed: "classed",
    };
    const table = tables[rows[0]];
    if (table === undefined) return;
    const { dataset } = await loadEvaluationSet(csvOf(table), { task: name });
    const evaluator = evaluatorFor(dataset, name);
    const evaluation = await evaluator.run(async (texts) => ({
      rows: texts.length,
      cols: 2,
      data: Float32Array.from(texts.flatMap((text) => [text.length, 1 + text.charCodeAt(4)])),
    }));
    const keys = evaluation.metrics.map(({ key }) => key);
    expect(keys).toEqual([...evaluator.keys]);
    expect(Object.keys(metrics)).toEqual(expect.arrayContaining(keys));
    expect(keys).toContain(evaluator.primary);
  });

  it("measures held-out rows of every kind, as rows that they can be made into", () => {
    const kinds: DatasetKind[] = ["pair", "labelled-pair", "scored-pair", "classed", "nli", "text"];
    const trained: RowKind[] = [...kinds, "triplet"];
    for (const kind of kinds) {
      for (const as of trained) {
        const { rows } = heldOutDefinition(kind, as);
        const fits = rows.some((one) => one === kind) || conversionTo(rows as RowKind[], kind);
        expect(fits, `${kind} trained as ${as}`).toBeTruthy();
      }
    }
  });

  it("refuses rows of another kind, an unknown option and a wrong value", async () => {
    const dataset = await loadDataset(csvOf("classed"));
    const codeOf = (make: () => unknown): string => {
      try {
        make();
      } catch (error) {
        return (error as UserError).code;
      }
      return "none";
    };
    const withOptions = (options: Record<string, unknown>) => () =>
      evaluatorFor(dataset, "class", { options });
    expect(codeOf(() => evaluatorFor(dataset, "sts"))).toBe("no-evaluator");
    expect(codeOf(withOptions({ neighbours: 3 }))).toBe("unknown-option");
    expect(codeOf(withOptions({ neighbors: 0 }))).toBe("option-value");
    expect(codeOf(withOptions({ neighbors: 500 }))).toBe("bad-neighbors");
    expect(codeOf(withOptions({ neighbors: 3 }))).toBe("none");
  });

  it("is what docs/evaluation.md shows (else run scripts/evaluation-page.js)", () => {
    const page = readFileSync(new URL("../../docs/evaluation.md", import.meta.url), "utf8");
    expect(page).toContain(tasksDocument());
  });
});
