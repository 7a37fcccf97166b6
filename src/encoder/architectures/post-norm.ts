import type { Value } from "../../graph/ir.js";
import { add } from "../../graph/ops/index.js";
import type { Activation } from "./activations.js";
import { attention } from "./attention.js";
import { type Blueprint, linear } from "./declare.js";
import { feedForward } from "./feed-forward.js";
import { layerNorm } from "./norms.js";

/** Modules of a layer in which normalisation follows each sum, as BERT and its relatives name them. */
export interface PostNormModules {
  readonly query: string;
  readonly key: string;
  readonly value: string;
  readonly attentionOutput: string;
  readonly attentionNorm: string;
  readonly first: string;
  readonly second: string;
  readonly outputNorm: string;
}

interface PostNormForm {
  /** H */
  readonly width: number;
  /** I */
  readonly inner: number;
  readonly heads: number;
  readonly epsilon: number;
  readonly activation: Activation;
  readonly mask: Value;
  /** Bias of the logits [1, h, T, T]. */
  readonly logitBias?: Value | undefined;
}

/** One layer: y = norm(x + attention(x)), norm(y + feedForward(y)) (Vaswani 2017, section 3.1). */
export function postNormLayer(
  print: Blueprint,
  modules: PostNormModules,
  x: Value,
  form: PostNormForm,
): Value {
  const { b } = print;
  const { width, heads, epsilon, mask, logitBias: bias } = form;
  const square = { input: width, output: width };
  const parts = {
    query: linear(print, modules.query, x, square),
    key: linear(print, modules.key, x, square),
    value: linear(print, modules.value, x, square),
  };
  const context = attention(b, parts, { heads, headSize: width / heads, mask, bias });
  const attended = linear(print, modules.attentionOutput, context, square);
  const y = layerNorm(print, modules.attentionNorm, add(b, attended, x), { epsilon });
  return layerNorm(print, modules.outputNorm, add(b, feedForward(print, modules, y, form), y), {
    epsilon,
  });
}

/** The modules of a layer with a path before each of their names. */
export function within(path: string, modules: PostNormModules): PostNormModules {
  const named = Object.entries(modules).map(([role, name]) => [role, `${path}.${name}`]);
  return Object.fromEntries(named) as PostNormModules;
}
