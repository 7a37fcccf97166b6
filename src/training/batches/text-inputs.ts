import { int64, type Tensor } from "../../math/tensor.js";
import type { ObjectiveInput } from "../../objectives/roles.js";
import type { BatchMaker } from "./batch-inputs.js";

type Constants = { readonly [R in ObjectiveInput]?: (rows: Int32Array) => Tensor };

/** Batches of two texts and their labels or scores. */
export function twoTextBatches(
  pairs: readonly (readonly [string, string])[],
  constants: Constants,
): BatchMaker {
  const { texts, numbers } = numberTexts(pairs.flat());
  const column = (rows: Int32Array, offset: number): Int32Array =>
    rows.map((row) => numbers[2 * row + offset]);
  return {
    texts,
    roles: ["sentence1", "sentence2", ...(Object.keys(constants) as ObjectiveInput[])],
    negatives: 0,
    make: ({ rows }) => ({
      rows,
      texts: { sentence1: column(rows, 0), sentence2: column(rows, 1) },
      constants: evaluated(constants, (make) => make(rows)),
    }),
  };
}

/** Batches of texts with their classes. */
export function classedBatches(rows: readonly { text: string; label: string }[]): BatchMaker {
  const { numbers: classes } = numberTexts(rows.map(({ label }) => label));
  const texts = singleTextBatches(rows.map(({ text }) => text));
  return {
    ...texts,
    roles: [...texts.roles, "labels"],
    make: (planned) => ({
      ...texts.make(planned),
      constants: { labels: int64Of(planned.rows, (row) => classes[row]) },
    }),
  };
}

/** Batches of texts. */
export function singleTextBatches(words: readonly string[]): BatchMaker {
  const { texts, numbers } = numberTexts(words);
  return {
    texts,
    roles: ["embeddings"],
    negatives: 0,
    make: ({ rows }) => ({
      rows,
      texts: { embeddings: rows.map((row) => numbers[row]) },
      constants: {},
    }),
  };
}

/** Runs each maker. */
export function evaluated<Make>(
  constants: { readonly [R in ObjectiveInput]?: Make },
  run: (make: Make) => Tensor,
): { readonly [R in ObjectiveInput]?: Tensor } {
  return Object.fromEntries(Object.entries(constants).map(([role, make]) => [role, run(make)]));
}

/** A whole number of each row [B]. */
export function int64Of(rows: Int32Array, number: (row: number) => number): Tensor {
  return int64([rows.length], Array.from(rows, number));
}

/** Distinct words in order of first appearance, and each word's number. */
function numberTexts(words: readonly string[]): { texts: string[]; numbers: Int32Array } {
  const known = new Map<string, number>();
  const numbers = Int32Array.from(words, (word) => {
    const number = known.get(word) ?? known.size;
    known.set(word, number);
    return number;
  });
  return { texts: [...known.keys()], numbers };
}
