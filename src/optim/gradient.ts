import { internal } from "../errors/internal.js";
import type { ParameterBlock, ParameterMemory } from "./parameter-memory.js";

/** Distinct rows of a sparse gradient that are not zero, in the order in which they were first met. */
export type TouchedRows = readonly number[];

/** A sparse gradient: rows [R, H] to be added at indices [R] of a table [V, H]; −V ≤ index < V as in ONNX's Gather. */
interface SparseGradient {
  readonly indices: BigInt64Array | Int32Array;
  readonly rows: Float32Array;
}

/**
 * Adds the rows to the block's dense gradient, repeated indices in their order, so the sum is the same in every run.
 * Returns which rows are touched now. The gradient must have been zero elsewhere.
 */
export function addRows(
  memory: ParameterMemory,
  block: ParameterBlock,
  gradient: SparseGradient,
): TouchedRows {
  const width = block.spec.shape[1] ?? 0;
  const count = gradient.indices.length;
  if (gradient.rows.length !== count * width) {
    internal(
      `the sparse gradient of "${block.spec.name}" has ${count} indices, so ${count * width} values were expected, got ${gradient.rows.length}`,
    );
  }
  const rows = rowNumbers(block, gradient.indices);
  const chunk = Math.max(1, Math.floor(memory.stagingBytes / ((width + 1) * 4)));
  for (let start = 0; start < count; start += chunk) {
    const end = Math.min(count, start + chunk);
    scatter(
      memory,
      block,
      rows.subarray(start, end),
      gradient.rows.subarray(start * width, end * width),
    );
  }
  return [...new Set(rows)];
}

function rowNumbers(block: ParameterBlock, indices: SparseGradient["indices"]): Uint32Array {
  const height = block.spec.shape[0] ?? 0;
  const rows = new Uint32Array(indices.length);
  for (let r = 0; r < rows.length; r++) rows[r] = rowOf(Number(indices[r]), height, block);
  return rows;
}

function rowOf(index: number, height: number, block: ParameterBlock): number {
  const row = index < 0 ? index + height : index;
  if (row >= 0 && row < height) return row;
  return internal(`index ${index} is outside the ${height} rows of "${block.spec.name}"`);
}

function scatter(
  memory: ParameterMemory,
  block: ParameterBlock,
  indices: Uint32Array,
  rows: Float32Array,
): void {
  const { kernel, staging } = memory;
  const rowsAt = staging + indices.byteLength;
  new Uint32Array(kernel.memory.buffer, staging, indices.length).set(indices);
  new Float32Array(kernel.memory.buffer, rowsAt, rows.length).set(rows);
  const width = block.spec.shape[1] ?? 0;
  kernel.scatterAdd(block.gradient.byteOffset, staging, rowsAt, indices.length, width);
}

/** Sets the touched rows of the block's gradient back to zero. */
export function clearRows(block: ParameterBlock, rows: TouchedRows): void {
  const width = block.spec.shape[1] ?? 0;
  for (const row of rows) block.gradient.fill(0, row * width, (row + 1) * width);
}

/**
 * Global L2 norm of all gradients, √Σ g², accumulated in float64. Blocks with a sparse gradient contribute the rows
 * given in `touched` under their name. NaN or infinite when any gradient is.
 */
export function gradientNorm(
  memory: ParameterMemory,
  touched: ReadonlyMap<string, TouchedRows>,
): number {
  let sum = 0;
  for (const block of memory.blocks) {
    const { byteOffset } = block.gradient;
    const rows = touched.get(block.spec.name);
    if (rows === undefined) {
      sum += memory.kernel.sumOfSquares(byteOffset, block.length);
      continue;
    }
    const width = block.spec.shape[1] ?? 0;
    for (const row of rows) sum += memory.kernel.sumOfSquares(byteOffset + row * width * 4, width);
  }
  return Math.sqrt(sum);
}
