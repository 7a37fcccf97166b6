import { intsOf } from "../attributes.js";
import { mulDims } from "../dimension.js";
import type { Dim, Node, Shape } from "../ir.js";
import type { Matching } from "./matching.js";

/** A factor of a tensor's axes that is never cut: batch, tokens, heads, head size. */
export interface Factor {
  readonly name: string;
  readonly size: Dim;
}

/** Of which factors each axis consists, slowest first. An axis of size 1 has none. */
export type Layout = readonly (readonly Factor[])[];

/** Operators that only move elements. */
const MOVES = ["Reshape", "Transpose", "Unsqueeze", "Squeeze", "Flatten", "Identity"];

/** Whether the node only moves the elements of its first input. */
export function isMove(node: Node | undefined): node is Node {
  return node !== undefined && node.domain === "" && MOVES.includes(node.op);
}

/** The layout of a move's result from that of its input; undefined where it cuts a factor or its shape is unknown. */
export function moved(m: Matching, node: Node, layout: Layout): Layout | undefined {
  const shape = m.graph.types.get(node.outputs[0])?.shape;
  if (shape === undefined) return undefined;
  if (node.op !== "Transpose") return regroup(layout.flat(), shape);
  const perm = intsOf(node, "perm") ?? shape.map((_, i) => shape.length - 1 - i);
  return perm.map((axis) => layout[axis]);
}

/** The factors in their order, as axes of these sizes. */
export function regroup(factors: readonly Factor[], shape: Shape): Layout | undefined {
  const rest = factors.filter(({ size }) => size !== 1);
  const layout = shape.map((dim) => {
    const axis: Factor[] = [];
    for (let size: Dim = 1; size !== dim; ) {
      const factor = rest.shift();
      if (factor === undefined) return undefined;
      axis.push(factor);
      size = mulDims(size, factor.size);
    }
    return axis;
  });
  const whole = rest.length === 0 && layout.every((axis) => axis !== undefined);
  return whole ? (layout as Layout) : undefined;
}

/** Whether two layouts are the same. */
export function sameLayout(x: Layout, y: Layout): boolean {
  const text = (layout: Layout): string =>
    layout
      .map((axis) =>
        axis
          .filter(({ size }) => size !== 1)
          .map(({ name }) => name)
          .join("."),
      )
      .join("|");
  return text(x) === text(y);
}
