import { intsOf } from "../attributes.js";
import { contentsOf } from "../inference/call.js";
import { transpose, vector } from "../ops/index.js";
import type { StepRule } from "./step-rule.js";
import {
  type AxisPart,
  allFeatures,
  featureAxis,
  isFeatures,
  isOfPairs,
  isOfTokens,
  regroup,
  rowPermutation,
  rowShape,
  sameAxes,
  type TokenLayout,
} from "./token-layout.js";

/** The same elements in other axes. */
const regrouped: StepRule = (t, node) => {
  const [x] = node.inputs;
  const from = t.layouts.get(x);
  const shape = t.graph.types.get(node.outputs[0])?.shape;
  const to = from && shape && regroup(from.flat(), shape, t.text);
  if (from === undefined || to === undefined || t.tokens.has(node.inputs[1] ?? ""))
    return undefined;
  if (isOfPairs(from) && isOfPairs(to)) return { layouts: [to], emit: (e) => [e.packed(x)] };
  if (!isOfTokens(to)) return undefined;
  return { layouts: [to], emit: (e) => [e.reshaped(e.packed(x), to)] };
};

const transposed: StepRule = (t, node) => {
  const [x] = node.inputs;
  const from = t.layouts.get(x);
  if (from === undefined) return undefined;
  const perm = intsOf(node, "perm") ?? from.map((_, i) => from.length - 1 - i);
  const to = perm.map((axis) => from[axis]);
  if (isOfTokens(to)) {
    const order = rowPermutation(from, perm);
    const same = order.every((axis, i) => axis === i);
    return {
      layouts: [to],
      emit: (e) => [same ? e.packed(x) : transpose(e.b, e.packed(x), order)],
    };
  }
  if (!isOfPairs(from) || !isOfPairs(to) || !keepsHeads(from, perm)) return undefined;
  const swapped = perm.at(-1) === from.length - 2;
  return {
    layouts: [to],
    emit: (e) => [swapped ? transpose(e.b, e.packed(x), [0, 1, 3, 2]) : e.packed(x)],
  };
};

/** Whether the axes before the last two stay in their order. */
function keepsHeads(layout: TokenLayout, perm: readonly number[]): boolean {
  return perm.slice(0, -2).every((axis, i) => axis === i || layout[axis].length === 0);
}

/** Features that are repeated, as key and value heads are for several heads of queries. */
const expanded: StepRule = (t, node) => {
  const [x] = node.inputs;
  const own = t.layouts.get(x);
  const shape = t.graph.types.get(node.outputs[0])?.shape;
  if (own === undefined || shape === undefined || !t.graph.types.has(node.inputs[1]))
    return undefined;
  const from: TokenLayout = [...Array<AxisPart[]>(shape.length - own.length).fill([]), ...own];
  const to = from.map((axis, i) => (axis.length > 0 ? axis : expandedAxis(shape[i])));
  if (!to.every((axis) => axis !== undefined)) return undefined;
  if (isOfPairs(own) && allFeatures(own) === allFeatures(to))
    return { layouts: [to], emit: (e) => [e.packed(x)] };
  if (!isOfTokens(to)) return undefined;
  const emit: ReturnType<StepRule> = {
    layouts: [to],
    emit: (e) => {
      const rows = e.reshaped(e.packed(x), from);
      if (sameAxes(from, to)) return [rows];
      const sizes = rowShape(to).slice(1) as number[];
      return [e.append({ ...node, op: "Expand" }, [rows, vector(e.b, [1, ...sizes])], {})];
    },
  };
  return emit;
};

function expandedAxis(dim: number | string): readonly AxisPart[] | undefined {
  return typeof dim === "number" ? featureAxis(dim) : undefined;
}

/** Features that are repeated one block behind the other. */
const tiled: StepRule = (t, node) => {
  const [x, repeats] = node.inputs;
  const from = t.layouts.get(x);
  const type = t.graph.types.get(repeats);
  const times = type && contentsOf(t.graph, { name: repeats, ...type });
  const shape = t.graph.types.get(node.outputs[0])?.shape;
  if (!isOfTokens(from) || times === undefined || shape === undefined) return undefined;
  const cut = from.some((axis, i) => !isFeatures(axis) && times[i] !== 1);
  if (cut || times.some((time) => typeof time !== "number")) return undefined;
  const to = from.map((axis, i) => (isFeatures(axis) ? featureAxis(Number(shape[i])) : axis));
  const kept = times.filter((_, i) => isFeatures(from[i])).map(Number);
  const counts = [1, ...kept];
  if (counts.length !== rowShape(from).length) return undefined;
  return {
    layouts: [to],
    emit: (e) => [e.append(node, [e.packed(x), vector(e.b, counts)], {})],
  };
};

/** Operators that only move or repeat elements. */
export const moveSteps: Readonly<Record<string, StepRule>> = {
  Reshape: regrouped,
  Flatten: regrouped,
  Squeeze: regrouped,
  Unsqueeze: regrouped,
  Transpose: transposed,
  Expand: expanded,
  Tile: tiled,
};
