import { backFrom } from "../../distillation/token-table.js";
import { createRandom } from "../../math/random.js";
import type { Matrix } from "../../math/tensor.js";
import type { DistillContext } from "./context.js";

/** The layer to the teacher's width that --project linear asks for; undefined where the widths are equal. */
export function denseOf(
  { options: { project, hidden, seed } }: DistillContext,
  dimension: number,
  directions: Matrix | undefined,
): Matrix | undefined {
  if (project !== "linear" || dimension === hidden) return undefined;
  return directions === undefined
    ? randomMatrix(dimension, hidden, seed + 1)
    : backFrom(directions, hidden);
}

export function randomMatrix(rows: number, cols: number, seed: number): Matrix {
  const random = createRandom(seed, "tokens");
  const scale = 1 / Math.sqrt(cols);
  return {
    rows,
    cols,
    data: Float32Array.from({ length: rows * cols }, () => scale * random.normal()),
  };
}
