import { type Call, fail, type TypeRule } from "./inference/call.js";
import { inferContents } from "./inference/contents.js";
import { ELEMENTWISE } from "./inference/elementwise.js";
import { INDEXING } from "./inference/indexing.js";
import { LINEAR } from "./inference/linear.js";
import { REDUCTIONS } from "./inference/reduction.js";
import { SHAPES } from "./inference/shape.js";
import type { Graph, Node, TensorType } from "./ir.js";

/** One rule for each operator, keyed by `operatorKey`. */
const RULES: Readonly<Record<string, TypeRule>> = {
  ...ELEMENTWISE,
  ...REDUCTIONS,
  ...SHAPES,
  ...INDEXING,
  ...LINEAR,
};

/** The operators that a graph may hold, as `Op` (ONNX's own) or `domain:Op`. */
export const OPERATORS: readonly string[] = Object.keys(RULES);

/** The key of a node in tables over the operators: `Add`, `embtune:StopGradient`. */
export function operatorKey(node: Pick<Node, "op" | "domain">): string {
  return node.domain === "" ? node.op : `${node.domain}:${node.op}`;
}

/** Whether the operator is one that a graph may hold. */
export function isOperator(node: Pick<Node, "op" | "domain">): boolean {
  return Object.hasOwn(RULES, operatorKey(node));
}

/**
 * Types of the node's outputs. Ranks are always known; a dimension that cannot be named is a fresh symbol that
 * starts with `?`. Elements of small tensors of known contents (shapes and what is computed from them) are
 * recorded in `graph.contents`, so that Reshape, Expand, Range and ConstantOfShape get their sizes.
 * Throws an InternalError that names the node when the inputs do not fit or the rank cannot be known.
 */
export function inferTypes(node: Node, graph: Graph): TensorType[] {
  const call: Call = { node, graph };
  const rule = isOperator(node) ? RULES[operatorKey(node)] : undefined;
  if (rule === undefined) fail(call, "the operator is not supported");
  const types = rule(call);
  const [output] = node.outputs;
  const known = types[0] === undefined ? undefined : inferContents(call, types[0]);
  if (known !== undefined && output) graph.contents.set(output, known);
  return types;
}
