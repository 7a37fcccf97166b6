import { internal } from "../../errors/internal.js";
import { intOf } from "../attributes.js";
import { GraphBuilder } from "../builder.js";
import { divDims } from "../dimension.js";
import type { Dim, Graph, Node, Shape, Value } from "../ir.js";
import { concat, mul, shapeOf, slice, vector } from "../ops/index.js";
import { substitute } from "../rewrite.js";

/**
 * Takes the sizes of computed tensors from one input [B, T] where they are B, T and numbers, so that a Shape does not keep
 * alive, or in its old form, the tensor it measures.
 */
export function shapesFromInput(graph: Graph, input: string): void {
  const b = new GraphBuilder(graph);
  const source = b.value(input);
  const substitutes = new Map<string, string>();
  for (const node of [...graph.nodes]) {
    const sizes = node.op === "Shape" ? measured(graph, node, source.shape) : undefined;
    if (sizes === undefined || node.inputs[0] === input) continue;
    substitutes.set(node.outputs[0], shapeVector(b, sizes, source).name);
  }
  substitute(graph, substitutes);
}

/** The sizes that a Shape node gives, where all are B, T, multiples of these or numbers. */
function measured(graph: Graph, node: Node, text: Shape): Shape | undefined {
  const shape = graph.types.get(node.inputs[0])?.shape;
  const sizes = shape?.slice(intOf(node, "start", 0), intOf(node, "end", shape.length));
  return sizes?.every((dim) => typeof dim === "number" || multiple(dim, text) !== undefined)
    ? sizes
    : undefined;
}

/** n and the axis of the text shape for a dimension n·B or n·T. */
function multiple(dim: Dim, text: Shape): { axis: number; factor: number } | undefined {
  for (const [axis, own] of text.entries()) {
    const factor = divDims(dim, own);
    if (typeof factor === "number") return { axis, factor };
  }
  return undefined;
}

function shapeVector(b: GraphBuilder, sizes: Shape, source: Value): Value {
  const measure = shapeOf(b, source);
  const parts = sizes.map((dim: Dim) => {
    if (typeof dim === "number") return vector(b, [dim]);
    const { axis, factor } = multiple(dim, source.shape) ?? internal(`${dim} is not measured`);
    const size = slice(b, measure, { axis: 0, start: axis, end: axis + 1 });
    return factor === 1 ? size : mul(b, size, vector(b, [factor]));
  });
  return parts.length === 1 ? parts[0] : concat(b, parts, 0);
}
