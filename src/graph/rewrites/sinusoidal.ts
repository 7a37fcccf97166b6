import type { Tensor } from "../../math/tensor.js";

/** Rows of a table that are looked at. */
const ROWS = 4;
const TOLERANCE = 1e-4;

/**
 * Whether a table [positions, …, d] holds sines and cosines (Vaswani 2017, section 3.5), in whatever order: its first row then has sin 0 and
 * cos 0 alone, half of each, and the squares of each row sum to d/2.
 */
export function isSinusoidal(tensor: Tensor | undefined): boolean {
  if (tensor === undefined || !tensor.dtype.startsWith("float")) return false;
  const shape = tensor.shape.filter((dim) => dim > 1);
  const [positions = 0, width = 0] = shape;
  if (shape.length !== 2 || positions < ROWS || width < 2) return false;
  const row = (i: number): number[] =>
    Array.from({ length: width }, (_, k) => Number(tensor.data[i * width + k]));
  const squares = (x: readonly number[]): number => x.reduce((sum, v) => sum + v * v, 0);
  const first = row(0);
  const binary = first.every((x) => x === 0 || x === 1);
  if (!binary || first.filter((x) => x === 1).length * 2 !== width) return false;
  const others = Array.from({ length: ROWS - 1 }, (_, i) => squares(row(i + 1)));
  return others.every((sum) => Math.abs(sum - width / 2) <= TOLERANCE * width);
}
