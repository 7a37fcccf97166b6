import { type DType, int64, type Tensor } from "../../math/tensor.js";
import { productOf } from "../dimension.js";
import type { Graph, TensorType } from "../ir.js";

/** Whole numbers beyond this are not exact in inference's arithmetic. */
const EXACT = Number.MAX_SAFE_INTEGER;

const ARRAYS = { float32: Float32Array, float64: Float64Array, int32: Int32Array } as const;

function toTensor(dtype: DType, shape: readonly number[], values: readonly number[]): Tensor {
  if (dtype === "int64") return int64(shape, values);
  const type = ARRAYS[dtype as keyof typeof ARRAYS] ?? Uint8Array;
  return { dtype, shape, data: type.from(values) };
}

/** The tensor of a computed value whose elements inference knows as numbers. */
function known(graph: Graph, name: string): Tensor | undefined {
  const contents = graph.contents.get(name);
  const type: TensorType | undefined = graph.types.get(name);
  if (contents === undefined || type === undefined || typeof productOf(type.shape) !== "number") {
    return undefined;
  }
  const exact = contents.every((x) => typeof x === "number" && Math.abs(x) <= EXACT);
  if (!exact || type.dtype === "float16") return undefined;
  return toTensor(type.dtype, type.shape as number[], contents as number[]);
}

/**
 * Turns computed values that inference knows (shape arithmetic without symbols, constants made from it) into
 * initializers and drops the nodes that computed them. Outputs of the graph stay computed.
 */
export function foldConstants(graph: Graph): void {
  const kept = graph.nodes.filter((node) => {
    const [output] = node.outputs;
    if (node.outputs.length !== 1 || !output || graph.outputs.includes(output)) return true;
    const tensor = known(graph, output);
    if (tensor === undefined) return true;
    graph.initializers.set(output, tensor);
    graph.contents.delete(output);
    return false;
  });
  graph.nodes.splice(0, graph.nodes.length, ...kept);
}
