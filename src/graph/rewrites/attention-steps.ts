import { intOf } from "../attributes.js";
import type { Node, Value } from "../ir.js";
import { expand, matmul, mul, scalarLike, softmax, transpose } from "../ops/index.js";
import type { Emission, Step, StepRule, TokenGraph } from "./step-rule.js";
import {
  type AxisPart,
  allFeatures,
  featureSize,
  isFeatures,
  isOfPairs,
  isOfTokens,
  isPart,
  rowShape,
  sameAxes,
  type TokenLayout,
} from "./token-layout.js";

/** Leading axes of a product of heads, broadcast against each other. */
type Leading = TokenLayout;

/** The products of attention (Vaswani 2017, equation 1) and the softmax between them. */
export const attentionStep: StepRule = (t, node) => {
  if (node.op === "Softmax") return softmaxStep(t, node);
  return scoresStep(t, node) ?? contextStep(t, node);
};

function softmaxStep(t: TokenGraph, node: Node): Step | undefined {
  const layout = t.layouts.get(node.inputs[0]);
  const axis = intOf(node, "axis", -1);
  if (!isOfPairs(layout) || !(axis === -1 || axis === layout.length - 1)) return undefined;
  return { layouts: [layout], emit: (e) => [softmax(e.b, e.packed(node.inputs[0]))] };
}

/** Heads of one side of a product: h of them, of d features. */
interface ScoresShape {
  readonly leading: Leading;
  readonly heads: number;
  readonly headSize: number;
}

/** Whether the node multiplies queries [B, h, T, d] with keys [B, h, d, T], and in what shape. */
export function scoresShape(t: TokenGraph, node: Node): ScoresShape | undefined {
  const [left, right] = node.inputs.map((name) => t.layouts.get(name));
  if (node.op !== "MatMul" || !isOfTokens(left) || !isOfTokens(right)) return undefined;
  const meets =
    isPart(left.at(-2), "tokens") && isPart(right.at(-1), "tokens") && isFeatures(left.at(-1));
  const leading = leadingAxes(left.slice(0, -2), right.slice(0, -2));
  if (!meets || !isFeatures(right.at(-2)) || leading === undefined) return undefined;
  return { leading, heads: allFeatures(leading), headSize: featureSize(left[left.length - 1]) };
}

/** Whether the node multiplies weights [B, h, T, T] with values [B, h, T, d], and in what shape. */
export function contextShape(t: TokenGraph, node: Node): ScoresShape | undefined {
  const [left, right] = node.inputs.map((name) => t.layouts.get(name));
  if (node.op !== "MatMul" || !isOfPairs(left) || !isOfTokens(right)) return undefined;
  const leading = leadingAxes(left.slice(0, -2), right.slice(0, -2));
  const meets = isPart(right.at(-2), "tokens") && isFeatures(right.at(-1));
  if (!meets || leading === undefined || allFeatures(leading) !== allFeatures(left))
    return undefined;
  return { leading, heads: allFeatures(leading), headSize: featureSize(right[right.length - 1]) };
}

function leadingAxes(left: TokenLayout, right: TokenLayout): Leading | undefined {
  if (left.length !== right.length) return undefined;
  const axes = left.map((axis, i): readonly AxisPart[] | undefined => {
    if (axis.length === 0 || right[i].length === 0) return axis.length === 0 ? right[i] : axis;
    return sameAxes([axis], [right[i]]) ? axis : undefined;
  });
  return axes.every((axis) => axis !== undefined) ? axes : undefined;
}

function scoresStep(t: TokenGraph, node: Node): Step | undefined {
  const shape = scoresShape(t, node);
  const [output] = node.outputs;
  const [query, key] = node.inputs;
  if (shape === undefined) return undefined;
  const layout: TokenLayout = [...shape.leading, ["tokens"], ["tokens"]];
  if (!isOfPairs(layout)) return undefined;
  const emit = (e: Emission): Value[] => {
    const behind = e.takeFactors(output);
    const q = e.unwrapped(whole(e, query, { ...shape, own: t.layouts.get(query) ?? [] }));
    const k = e.unwrapped(whole(e, key, { ...shape, own: t.layouts.get(key) ?? [] }));
    // The number of queries is smaller than that of pairs, and a linear map before them takes the factor in.
    const scale = behind * q.scale * k.scale;
    const scaled = scale === 1 ? q.value : mul(e.b, q.value, scalarLike(e.b, scale, q.value));
    const [left, right] = [scaled, k.value].map((rows) =>
      e.attention.toHeads(rows, shape.heads, shape.headSize),
    );
    return [matmul(e.b, left, transpose(e.b, right, [0, 1, 3, 2]))];
  };
  return { layouts: [layout], emit };
}

function contextStep(t: TokenGraph, node: Node): Step | undefined {
  const shape = contextShape(t, node);
  if (shape === undefined) return undefined;
  const [weights, value] = node.inputs;
  const own = t.layouts.get(value) ?? [];
  const layout: TokenLayout = [...shape.leading, ["tokens"], own[own.length - 1]];
  const { heads, headSize } = shape;
  const emit = (e: Emission): Value[] => {
    const rows = whole(e, value, { ...shape, own });
    const bare = e.unwrapped(rows);
    const v = e.attention.toHeads(bare.scale === 1 ? bare.value : rows, heads, headSize);
    const context = e.attention.fromHeads(matmul(e.b, e.packed(weights), v), heads, headSize);
    return [e.reshaped(context, layout)];
  };
  return { layouts: [layout], emit };
}

/** Rows of heads, each head repeated where several of the other side share it. */
function whole(
  e: Emission,
  name: string,
  { leading, own }: ScoresShape & { readonly own: TokenLayout },
): Value {
  const rows = e.packed(name);
  const wanted: TokenLayout = [...leading, ...own.slice(-2)];
  if (sameAxes(own, wanted)) return rows;
  const sizes = rowShape(wanted).slice(1) as number[];
  return expand(e.b, rows, [1, ...sizes], rowShape(wanted));
}
