import { usageError } from "../errors/user-error.js";
import { sizeOf, type Tensor } from "../math/tensor.js";
import type { OptionValues } from "../options/option.js";
import type { TensorInputs } from "./definition.js";

/** As in every norm of the objectives. */
const NORM_EPSILON = 1e-12;

/**
 * The start value of nce's z from the first batch, in float64: mean_i [ logsumexp_j( s(a_i,c_j) − log q(c_j) ) − log N ],
 * an importance-sampling estimate of log Z (candidates drawn from q). Takes anchors, positives, negatives, noise and
 * mask by role and nce's similarity and temperature; a masked candidate is left out of the anchor's sum and of its N.
 */
export function initialLogNormalizer(first: TensorInputs, options: OptionValues): number {
  const { anchors, positives, negatives, noise, mask } = first;
  if (anchors === undefined || positives === undefined || noise === undefined)
    throw usageError("no-first-batch", "nce needs anchors, positives and noise to start from");
  const toRows = options.similarity === "cosine" ? unitRows : rowsOf;
  const rows = toRows(anchors);
  const candidates = [...toRows(positives), ...(negatives === undefined ? [] : toRows(negatives))];
  const temperature = options.temperature as number;
  const logWeights = rows.map((row, i) =>
    candidates
      .map((candidate, j) => dot(row, candidate) / temperature - Number(noise.data[j]))
      .filter((_, j) => j === i || Number(mask?.data[i * candidates.length + j] ?? 0) === 0),
  );
  const estimates = logWeights.map((values) => logSumExp(values) - Math.log(values.length));
  return estimates.reduce((sum, x) => sum + x, 0) / estimates.length;
}

/** The rows of the last axis. */
function rowsOf(tensor: Tensor): number[][] {
  const size = tensor.shape.at(-1) ?? 1;
  const values = Array.from(tensor.data, Number);
  return Array.from({ length: sizeOf(tensor.shape) / size }, (_, i) =>
    values.slice(i * size, (i + 1) * size),
  );
}

function unitRows(tensor: Tensor): number[][] {
  return rowsOf(tensor).map((row) => {
    const norm = Math.sqrt(dot(row, row) + NORM_EPSILON);
    return row.map((x) => x / norm);
  });
}

function dot(x: readonly number[], y: readonly number[]): number {
  return x.reduce((sum, value, i) => sum + value * (y[i] ?? 0), 0);
}

function logSumExp(values: readonly number[]): number {
  const largest = values.reduce((x, y) => Math.max(x, y), Number.NEGATIVE_INFINITY);
  return largest + Math.log(values.reduce((sum, x) => sum + Math.exp(x - largest), 0));
}
