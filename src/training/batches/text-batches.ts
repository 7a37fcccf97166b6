import { int64, type Tensor } from "../../math/tensor.js";
import type { ObjectiveInput } from "../../objectives/roles.js";
import type { BatchMaker } from "./batch-maker.js";

/** Batches of rows that hold a text for each of the roles, with labels or scores. */
export function textBatches(
  roles: readonly ObjectiveInput[],
  rows: readonly (readonly string[])[],
  constants: { readonly [R in ObjectiveInput]?: (rows: Int32Array) => Tensor } = {},
): BatchMaker {
  const { texts, numbers } = distinctWords(rows.flat());
  const column = (batch: Int32Array, place: number): Int32Array =>
    batch.map((row) => numbers[roles.length * row + place]);
  return {
    texts,
    views: 1,
    roles: [...roles, ...(Object.keys(constants) as ObjectiveInput[])],
    negatives: 0,
    make: (planned) => ({
      texts: Object.fromEntries(roles.map((role, place) => [role, column(planned.rows, place)])),
      constants: evaluated(constants, (make) => make(planned.rows)),
    }),
  };
}

/** Class numbers of labels [B], in order of first appearance among all rows. */
export function classLabels(labels: readonly string[]): (rows: Int32Array) => Tensor {
  const { numbers } = distinctWords(labels);
  return (rows) => int64Of(rows, (row) => numbers[row]);
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
function distinctWords(words: readonly string[]): { texts: string[]; numbers: Int32Array } {
  const known = new Map<string, number>();
  const numbers = Int32Array.from(words, (word) => {
    const number = known.get(word) ?? known.size;
    known.set(word, number);
    return number;
  });
  return { texts: [...known.keys()], numbers };
}
