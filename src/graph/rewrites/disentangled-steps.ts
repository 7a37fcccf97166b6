import { intOf } from "../attributes.js";
import { divDims, productOf } from "../dimension.js";
import type { Value } from "../ir.js";
import { expand, gatherElements, matmul, reshape, slice, transpose } from "../ops/index.js";
import { fitsOperand, unexpanded } from "./row-operands.js";
import type { Emission, Step, StepRule, TokenGraph } from "./step-rule.js";
import {
  allFeatures,
  featureAxis,
  featureSize,
  isFeatures,
  isOfPairs,
  isOfTokens,
  isPart,
  rowShape,
  type TokenLayout,
} from "./token-layout.js";

/**
 * Heads [B, h, T, d] times a matrix of each head [h, d, k] that is the same for all texts, as DeBERTa's terms of content and relative position
 * begin (He 2021, equation 4). It may have been repeated for each text.
 */
export const headProduct: StepRule = (t, node) => {
  const [x, w] = node.inputs;
  const layout = t.layouts.get(x);
  const shape = t.graph.types.get(w)?.shape ?? [];
  if (!isOfTokens(layout) || t.tokens.has(w) || shape.length !== layout.length) return undefined;
  const [size, width] = [featureSize(layout[layout.length - 1]), shape[shape.length - 1]];
  if (!isPart(layout.at(-2), "tokens") || !isFeatures(layout.at(-1))) return undefined;
  const heads = allFeatures(layout.slice(0, -2));
  const leading = productOf(shape.slice(0, -2));
  const repeated = divDims(leading, t.text[0]) === heads;
  if (typeof width !== "number" || !(leading === heads || (repeated && isRepeated(t, w))))
    return undefined;
  const result: TokenLayout = layout.with(-1, featureAxis(width));
  const emit = (e: Emission): Value[] => {
    const { b } = e;
    const all = reshape(b, b.value(w), [-1, size, width], [leading, size, width]);
    const own = repeated ? slice(b, all, { axis: 0, start: 0, end: heads }) : all;
    const rows = reshape(b, e.packed(x), [-1, heads, size], [rowShape(layout)[0], heads, size]);
    const product = matmul(b, transpose(b, rows, [1, 0, 2]), own);
    return [e.reshaped(transpose(b, product, [1, 0, 2]), result)];
  };
  return { layouts: [result], emit };
};

/** Whether a value is one that has no batch, repeated for each text. */
function isRepeated(t: TokenGraph, name: string): boolean {
  const node = t.writers.get(name);
  const [source] = node?.inputs ?? [];
  if (node?.op === "Tile" || node?.op === "Expand") {
    const shape = t.graph.types.get(source)?.shape ?? [];
    return shape.every((dim) => typeof dim === "number") || isRepeated(t, source);
  }
  const moves = ["Transpose", "Reshape", "Unsqueeze", "Squeeze", "Cast"];
  return node !== undefined && moves.includes(node.op) && isRepeated(t, source);
}

/** What a token has for a relative position, chosen for each pair of tokens: [B, h, T, k] by numbers [B|1, h|1, T, T]. */
export const chosenPairs: StepRule = (t, node): Step | undefined => {
  const [x, indices] = node.inputs;
  const own = t.layouts.get(x);
  const type = t.graph.types.get(indices);
  if (!isOfTokens(own) || type === undefined || t.tokens.has(indices)) return undefined;
  const axis = intOf(node, "axis", 0);
  const last = axis === -1 || axis === own.length - 1;
  if (!last || !isPart(own.at(-2), "tokens") || !isFeatures(own.at(-1))) return undefined;
  const layout: TokenLayout = own.with(-1, ["tokens"]);
  const typed = (name: string): Value => ({ name, ...(t.graph.types.get(name) ?? type) });
  const { shape } = unexpanded(t.writers, typed(indices), typed);
  if (!isOfPairs(layout) || !fitsOperand(shape, layout)) return undefined;
  const [heads, width] = [allFeatures(layout), featureSize(own[own.length - 1])];
  const emit = (e: Emission): Value[] => {
    const { b } = e;
    const values = e.attention.toHeads(e.packed(x), heads, width);
    const places = e.pairs(indices, layout);
    const [G, , S] = values.shape;
    const whole = expand(b, places, [1, heads, 1, 1], [G, heads, S, S]);
    return [gatherElements(b, values, whole, 3)];
  };
  return { layouts: [layout], emit };
};
