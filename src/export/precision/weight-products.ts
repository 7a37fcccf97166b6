import type { NodeProto, TensorProto } from "onnx-buf";
import { elementType } from "../../onnx/element-type.js";
import type { ModelProto } from "../../onnx/model.js";

type Graph = NonNullable<ModelProto["graph"]>;

/** Nodes of the head are few and decide the direction of the embedding: they stay in float32. */
const HEAD = "embtune/head";

/** Tables with fewer rows are left alone: they are small, and positions matter in every text. */
export const LEAST_ROWS = 1024;

/** A MatMul x·W by a weight W [K,N]. */
export interface WeightProduct {
  readonly node: NodeProto;
  /** The value x [..., K]. */
  readonly input: string;
  readonly weight: TensorProto;
}

/** Matrices of a graph by name: float32 initializers of two dimensions. */
export function matricesOf({ initializer }: Graph): ReadonlyMap<string, TensorProto> {
  const matrices = initializer.filter(
    ({ dims, dataType }) => dims.length === 2 && dataType === elementType("float32"),
  );
  return new Map(matrices.map((proto) => [proto.name, proto]));
}

/** Products by a weight that are quantised: all but the head's. */
export function weightProducts(graph: Graph): WeightProduct[] {
  const matrices = matricesOf(graph);
  return graph.node.flatMap((node) => {
    const [input = "", second = ""] = node.input;
    const weight = matrices.get(second);
    if (node.opType !== "MatMul" || weight === undefined || node.name.startsWith(HEAD)) return [];
    return [{ node, input, weight }];
  });
}
