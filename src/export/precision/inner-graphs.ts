import type { ModelProto } from "../../onnx/model.js";
import { LEAST_ROWS, matricesOf } from "./weight-products.js";

type Graph = NonNullable<ModelProto["graph"]>;

/** The graphs inside the nodes of a graph (the branches of If, the body of Loop and Scan), and those inside them. */
function innerGraphs({ node }: Graph): Graph[] {
  const own = node.flatMap(({ attribute }) => attribute.flatMap(({ g, graphs }) => g ?? graphs));
  return own.flatMap((graph) => [graph, ...innerGraphs(graph)]);
}

/** Names that are read inside the nodes of a graph: some are values of the graph itself. */
export function readInside(graph: Graph): string[] {
  return innerGraphs(graph).flatMap(({ node, output }) => [
    ...node.flatMap(({ input }) => input),
    ...output.map(({ name }) => name),
  ]);
}

/** How many products by weights and look-ups in large tables stand inside the nodes of a graph, where none is quantised. */
export function innerReads(graph: Graph): number {
  const inner = innerGraphs(graph);
  const matrices = new Map([graph, ...inner].flatMap((one) => [...matricesOf(one)]));
  const reads = inner.flatMap(({ node }) =>
    node.filter(({ opType, input: [first = "", second = ""] }) => {
      const table = opType === "Gather" ? matrices.get(first) : undefined;
      const large = Number(table?.dims[0] ?? 0) >= LEAST_ROWS;
      return large || (opType === "MatMul" && matrices.has(second));
    }),
  );
  return reads.length;
}
