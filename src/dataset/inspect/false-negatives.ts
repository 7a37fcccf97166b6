import { rootOf, singletons, unite } from "../texts/union-find.js";
import type { BatchInspection } from "./inspection.js";

/** Rows by the numbers of what they hold (texts, groups, classes); rows that share a number belong together. */
interface LinkedRows {
  readonly rows: number;
  /** Numbers are 0 … numbers − 1. */
  readonly numbers: number;
  /** The numbers of a row; none where the row would be no anchor of a batch. */
  readonly numbersOf: (row: number) => readonly number[];
}

/**
 * How many false negatives a random batch of B rows has when nothing is masked: with n rows in connected sets of s_c rows, each of the
 * B(B−1) ordered pairs of different rows is one with probability Σ_c s_c(s_c−1) / (n(n−1)).
 */
export function falseNegatives(linked: LinkedRows, batchSize: number): BatchInspection {
  const parent = singletons(linked.numbers);
  for (let row = 0; row < linked.rows; row++) {
    const [first, ...others] = linked.numbersOf(row);
    for (const other of others) unite(parent, first, other);
  }
  const sizes = new Int32Array(linked.numbers);
  let n = 0;
  for (let row = 0; row < linked.rows; row++) {
    const [first] = linked.numbersOf(row);
    if (first === undefined) continue;
    const root = rootOf(parent, first);
    sizes[root] = sizes[root] + 1;
    n += 1;
  }
  let connected = 0;
  let largest = 0;
  for (const size of sizes) {
    connected += size * (size - 1);
    largest = Math.max(largest, size);
  }
  const B = Math.min(batchSize, n);
  const expected = n < 2 ? 0 : (B * (B - 1) * connected) / (n * (n - 1));
  return { batchSize, rows: n, expected, largest };
}
