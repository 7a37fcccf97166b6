import type { GraphBuilder } from "../../graph/builder.js";
import type { Value } from "../../graph/ir.js";
import { add, cast, cumSum, equal, mul, not, scalar } from "../../graph/ops/index.js";
import type { TextInputs } from "./text-inputs.js";

/**
 * Positions as RoBERTa and MPNet number them, from the padding id on: p + 1, p + 2, … at tokens, p at padding (fairseq's
 * make_positions). [B, T] int64
 */
export function paddedPositions(b: GraphBuilder, { ids }: TextInputs, padId: number): Value {
  const pad = scalar(b, padId, "int64");
  const real = cast(b, not(b, equal(b, ids, pad)), "int64");
  return add(b, mul(b, cumSum(b, real, 1), real), pad);
}
