import type { Value } from "../../graph/ir.js";
import { mul } from "../../graph/ops/index.js";
import type { Activation } from "./activations.js";
import { type Blueprint, linear } from "./declare.js";

/** Sizes and activation of a feed-forward part. */
interface FeedForwardForm {
  /** H */
  readonly width: number;
  /** I */
  readonly inner: number;
  readonly activation: Activation;
  /** Default true. */
  readonly bias?: boolean | undefined;
}

/** W2·f(W1·x + b1) + b2 (Vaswani 2017, equation 2). */
export function feedForward(
  print: Blueprint,
  modules: { readonly first: string; readonly second: string },
  x: Value,
  { width, inner, activation, bias }: FeedForwardForm,
): Value {
  const hidden = linear(print, modules.first, x, { input: width, output: inner, bias });
  const active = activation(print.b, hidden);
  return linear(print, modules.second, active, { input: inner, output: width, bias });
}

/** W_down·(f(W_gate·x) ⊙ W_up·x) (Shazeer 2020, GLU variants, equation 6). */
export function gatedFeedForward(
  print: Blueprint,
  { gate, up, down }: { readonly gate: string; readonly up: string; readonly down: string },
  x: Value,
  { width, inner, activation, bias }: FeedForwardForm,
): Value {
  const { b } = print;
  const sizes = { input: width, output: inner, bias };
  const gates = activation(b, linear(print, gate, x, sizes));
  const gated = mul(b, gates, linear(print, up, x, sizes));
  return linear(print, down, gated, { input: inner, output: width, bias });
}
