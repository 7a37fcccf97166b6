import { intOf } from "../attributes.js";
import { contentsOf } from "../inference/call.js";
import { type Attributes, type Graph, int, type Node, type Value } from "../ir.js";
import { vector } from "../ops/index.js";
import { attentionStep } from "./attention-steps.js";
import { chosenPairs, headProduct } from "./disentangled-steps.js";
import { elementwiseStep, isElementwise } from "./elementwise-steps.js";
import { moveSteps } from "./move-steps.js";
import type { Emission, Step, StepRule, TokenGraph } from "./step-rule.js";
import {
  featureAxis,
  isFeatures,
  isOfTokens,
  regroup,
  rowAxis,
  sameAxes,
  type TokenLayout,
} from "./token-layout.js";

/** Whole numbers that an input holds, where they are known. */
function numbersOf(graph: Graph, name: string | undefined): readonly number[] | undefined {
  const type = graph.types.get(name ?? "");
  const known = type && contentsOf(graph, { name: name ?? "", ...type });
  return known?.every((x) => typeof x === "number") ? known : undefined;
}

const fromFront = (axis: number, rank: number): number => (axis < 0 ? axis + rank : axis);

/** A node on rows: the same operator with other attributes, and its other inputs as they are. */
function sameNode(node: Node, layout: TokenLayout, attributes: Attributes): Step {
  const emit = (e: Emission): Value[] => {
    const rest = node.inputs.slice(1).map((name) => (name === "" ? null : e.b.value(name)));
    return [e.append(node, [e.packed(node.inputs[0]), ...rest], attributes)];
  };
  return { layouts: [layout], emit };
}

/** Products of token vectors with a matrix. */
const matmul: StepRule = (t, node) => {
  const [x, w] = node.inputs;
  const layout = t.layouts.get(x);
  const weight = t.graph.types.get(w)?.shape;
  if (!isOfTokens(layout) || t.tokens.has(w)) return attentionStep(t, node);
  if (weight !== undefined && weight.length > 2) return headProduct(t, node);
  if (weight?.length !== 2 || typeof weight[1] !== "number" || !isFeatures(layout.at(-1)))
    return undefined;
  return sameNode(node, [...layout.slice(0, -1), featureAxis(weight[1])], {});
};

const gemm: StepRule = (t, node) => {
  const layout = t.layouts.get(node.inputs[0]);
  const width = t.graph.types.get(node.outputs[0])?.shape[1];
  const plain = intOf(node, "transA", 0) === 0 && !t.tokens.has(node.inputs[1]);
  if (!isOfTokens(layout) || !plain || typeof width !== "number") return undefined;
  if (!isFeatures(layout[1]) || t.tokens.has(node.inputs[2] ?? "")) return undefined;
  return sameNode(node, [layout[0], featureAxis(width)], node.attributes);
};

/** Rows of a table by token ids, types or positions, and features by constant numbers. */
const gather: StepRule = (t, node) => {
  const [x, indices] = node.inputs;
  const layout = t.layouts.get(x);
  const shape = t.graph.types.get(indices)?.shape;
  if (shape === undefined || t.tokens.has(indices)) return undefined;
  if (layout !== undefined) return chosenFeatures(t, node, layout);
  const tail = t.graph.types.get(x)?.shape.slice(1) ?? [];
  const rows = regroup(["batch", "tokens"], shape, t.text);
  const isTable = intOf(node, "axis", 0) === 0 && tail.every((dim) => typeof dim === "number");
  if (rows === undefined || !isTable || t.tokens.has(x)) return undefined;
  const emit = (e: Emission): Value[] => [
    e.append(node, [e.b.value(x), e.indexRows(indices)], node.attributes),
  ];
  return { layouts: [[...rows, ...tail.map((dim) => featureAxis(Number(dim)))]], emit };
};

function chosenFeatures(t: TokenGraph, node: Node, layout: TokenLayout): Step | undefined {
  const axis = fromFront(intOf(node, "axis", 0), layout.length);
  const chosen = t.graph.types.get(node.inputs[1])?.shape ?? [];
  const place = rowAxis(layout, axis);
  if (place === undefined || !isOfTokens(layout)) return undefined;
  if (!chosen.every((dim) => typeof dim === "number")) return undefined;
  const axes = chosen.map((dim) => featureAxis(Number(dim)));
  return sameNode(node, layout.toSpliced(axis, 1, ...axes), { axis: int(place) });
}

/** Normalisation of each token's features. */
const layerNormalization: StepRule = (t, node) => {
  const layout = t.layouts.get(node.inputs[0]);
  if (!isOfTokens(layout) || node.outputs.length !== 1) return undefined;
  const axis = fromFront(intOf(node, "axis", -1), layout.length);
  if (axis !== layout.length - 1 || !isFeatures(layout[axis])) return undefined;
  return sameNode(node, layout, { ...node.attributes, axis: int(-1) });
};

/** Softmax over features, or of attention. */
const softmax: StepRule = (t, node) => {
  const layout = t.layouts.get(node.inputs[0]);
  if (!isOfTokens(layout)) return attentionStep(t, node);
  const axis = fromFront(intOf(node, "axis", -1), layout.length);
  const place = rowAxis(layout, axis);
  return place === undefined ? undefined : sameNode(node, layout, { axis: int(place) });
};

const reduction: StepRule = (t, node) => {
  const layout = t.layouts.get(node.inputs[0]);
  const axes = numbersOf(t.graph, node.inputs[1])?.map((axis) =>
    fromFront(axis, layout?.length ?? 0),
  );
  if (!isOfTokens(layout) || axes === undefined || axes.length === 0) return undefined;
  const places = axes.map((axis) => rowAxis(layout, axis));
  if (!places.every((place) => place !== undefined)) return undefined;
  const kept = intOf(node, "keepdims", 1) === 1;
  const reduced = kept
    ? layout.map((axis, i) => (axes.includes(i) ? [] : axis))
    : layout.filter((_, i) => !axes.includes(i));
  const emit = (e: Emission): Value[] => [
    e.append(node, [e.packed(node.inputs[0]), vector(e.b, places)], node.attributes),
  ];
  return { layouts: [reduced], emit };
};

/** The axes of features that a Slice cuts, with bounds; those of batch and tokens must stay whole. */
const slice: StepRule = (t, node) => {
  const [x, ...bounds] = node.inputs;
  const layout = t.layouts.get(x);
  const shape = t.graph.types.get(node.outputs[0])?.shape;
  const [starts, ends, given, steps] = bounds.map((name) => numbersOf(t.graph, name));
  if (!isOfTokens(layout) || starts === undefined || ends === undefined || shape === undefined)
    return undefined;
  const ranges = starts.map((start, i) => ({
    ...{ start, end: ends[i], step: steps?.[i] ?? 1 },
    axis: fromFront(given?.[i] ?? i, layout.length),
  }));
  const cut = ranges.filter(({ axis }) => isFeatures(layout[axis]));
  const whole = ranges
    .filter(({ axis }) => !isFeatures(layout[axis]))
    .every(({ start, end, step }) => start === 0 && step === 1 && end >= TO_THE_END);
  if (!whole) return undefined;
  const emit = (e: Emission): Value[] => {
    const list = (numbers: number[]) => vector(e.b, numbers.map(bounded));
    const places = cut.map(({ axis }) => Number(rowAxis(layout, axis)));
    const inputs = [
      list(cut.map(({ start }) => start)),
      list(cut.map(({ end }) => end)),
      list(places),
      list(cut.map(({ step }) => step)),
    ];
    return [e.append(node, [e.packed(x), ...inputs], {})];
  };
  const axes = layout.map((axis, i) => (isFeatures(axis) ? featureAxis(Number(shape[i])) : axis));
  return { layouts: [axes], emit };
};

const TO_THE_END = 2 ** 31 - 1;

const bounded = (bound: number): number => Math.max(-TO_THE_END, Math.min(TO_THE_END, bound));

const split: StepRule = (t, node) => {
  const layout = t.layouts.get(node.inputs[0]);
  const axis = fromFront(intOf(node, "axis", 0), layout?.length ?? 0);
  const place = layout && rowAxis(layout, axis);
  if (!isOfTokens(layout) || place === undefined) return undefined;
  const layouts = node.outputs.map((name) =>
    layout.with(axis, featureAxis(Number(t.graph.types.get(name)?.shape[axis]))),
  );
  const emit = (e: Emission): Value[] => {
    const sizes = node.inputs.slice(1).map((name) => (name === "" ? null : e.b.value(name)));
    const attributes = { ...node.attributes, axis: int(place) };
    return e.appendAll(node, [e.packed(node.inputs[0]), ...sizes], attributes);
  };
  return { layouts, emit };
};

const concat: StepRule = (t, node) => {
  const layouts = node.inputs.map((name) => t.layouts.get(name));
  const [first] = layouts;
  const axis = fromFront(intOf(node, "axis", 0), first?.length ?? 0);
  if (!layouts.every(isOfTokens) || first === undefined) return undefined;
  const place = rowAxis(first, axis);
  const alike = layouts.every((layout) => sameAxes(layout.with(axis, []), first.with(axis, [])));
  const size = t.graph.types.get(node.outputs[0])?.shape[axis];
  if (place === undefined || !alike || typeof size !== "number") return undefined;
  const emit = (e: Emission): Value[] => [
    e.append(
      node,
      node.inputs.map((name) => e.packed(name)),
      { axis: int(place) },
    ),
  ];
  return { layouts: [first.with(axis, featureAxis(size))], emit };
};

const RULES: Readonly<Record<string, StepRule>> = {
  ...moveSteps,
  MatMul: matmul,
  Gemm: gemm,
  GatherElements: chosenPairs,
  Gather: gather,
  LayerNormalization: layerNormalization,
  Softmax: softmax,
  LogSoftmax: softmax,
  ReduceMean: reduction,
  ReduceSum: reduction,
  ReduceMax: reduction,
  ReduceMin: reduction,
  ReduceL2: reduction,
  ReduceSumSquare: reduction,
  Slice: slice,
  Split: split,
  Concat: concat,
};

/** How the node computes on rows of tokens or pairs of them; undefined where it mixes tokens in another way. */
export function stepOf(t: TokenGraph, node: Node): Step | undefined {
  if (isElementwise(node)) return elementwiseStep(t, node);
  if (node.domain !== "" || !Object.hasOwn(RULES, node.op)) return undefined;
  return RULES[node.op](t, node);
}
