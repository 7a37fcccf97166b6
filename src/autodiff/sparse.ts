import { intOf } from "../graph/attributes.js";
import type { GraphBuilder } from "../graph/builder.js";
import { operatorKey } from "../graph/inference.js";
import type { Graph, Node, Value } from "../graph/ir.js";
import { add, cast, concat, dimOf, less, scalar, where } from "../graph/ops/index.js";
import type { Step } from "./dependence.js";
import type { RuleContext } from "./rule.js";
import { flatten, flattenRows } from "./shapes.js";

/** What one Gather contributes to the gradient of its table [V, W]: rows [n, W] to be added at indices [n]. */
export interface TableRows {
  readonly indices: Value;
  readonly rows: Value;
}

/** Those of `sparse` that are matrices among `wrt` of which the loss reads nothing but rows. */
export function sparseTables(
  graph: Graph,
  steps: readonly Step[],
  options: { readonly wrt: readonly string[]; readonly sparse?: readonly string[] | undefined },
): ReadonlySet<string> {
  const readers = (name: string): Node[] =>
    steps.map((step) => step.node).filter((node) => node.inputs.includes(name));
  const isTable = (name: string): boolean =>
    options.wrt.includes(name) &&
    graph.types.get(name)?.shape.length === 2 &&
    readers(name).every((node) => readsRows(node, name));
  return new Set((options.sparse ?? []).filter(isTable));
}

function readsRows(node: Node, table: string): boolean {
  const isGather = operatorKey(node) === "Gather" && node.inputs[0] === table;
  return isGather && intOf(node, "axis", 0) === 0;
}

/** The rows that one Gather passes back: its indices in any shape as [n], counted from the front. */
export function rowsOf({ b, gradient, inputs }: RuleContext): TableRows {
  const [table, given] = [inputs[0], inputs[1]];
  const indices = cast(b, flatten(b, given), "int64");
  const isNegative = less(b, indices, scalar(b, 0, "int64"));
  const fromFront = where(b, isNegative, add(b, indices, dimOf(b, table, 0)), indices);
  return { indices: fromFront, rows: flattenRows(b, gradient) };
}

/** The contributions to one table one after the other. */
export function joinRows(b: GraphBuilder, parts: readonly TableRows[]): TableRows {
  const [first] = parts;
  if (first !== undefined && parts.length === 1) return first;
  return {
    indices: concat(
      b,
      parts.map((part) => part.indices),
      0,
    ),
    rows: concat(
      b,
      parts.map((part) => part.rows),
      0,
    ),
  };
}
