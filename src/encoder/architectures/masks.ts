import type { GraphBuilder } from "../../graph/builder.js";
import type { Value } from "../../graph/ir.js";
import {
  abs,
  and,
  cast,
  less,
  lessOrEqual,
  scalar,
  sub,
  unsqueeze,
  where,
} from "../../graph/ops/index.js";
import type { TextInputs } from "./text-inputs.js";

/** Which tokens a token attends to, besides that none attends to padding. */
interface Reach {
  /** Only those up to itself. */
  readonly causal?: boolean | undefined;
  /** Only those less than this far away. */
  readonly window?: number | undefined;
}

/** What is added to the logits of pairs that do not attend: the lowest float32. */
const NEVER = -3.4028234663852886e38;

/** 0 where token i attends to token j and the lowest number where it does not: [B, 1, 1 or T, T]. */
export function attentionMask(b: GraphBuilder, text: TextInputs, reach: Reach = {}): Value {
  const real = unsqueeze(b, cast(b, text.mask, "bool"), [1, 2]);
  const near = reachOf(b, text, reach);
  const attends = near.reduce((all, one) => and(b, one, all), real);
  return where(b, attends, scalar(b, 0, "float32"), scalar(b, NEVER, "float32"));
}

/** Conditions [1, 1, T, T] on the pair of tokens i and j. */
function reachOf(b: GraphBuilder, { positions }: TextInputs, { causal, window }: Reach): Value[] {
  const conditions: Value[] = [];
  if (causal !== true && window === undefined) return conditions;
  const i = unsqueeze(b, positions, [0, 1, 3]);
  const j = unsqueeze(b, positions, [0, 1, 2]);
  if (causal === true) conditions.push(lessOrEqual(b, j, i));
  if (window !== undefined)
    conditions.push(less(b, abs(b, sub(b, i, j)), scalar(b, window, "int64")));
  return conditions;
}
