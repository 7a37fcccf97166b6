import { InferenceSession, Tensor as OrtTensor } from "onnxruntime-node";
import type { Graph } from "../../src/graph/ir.js";
import { serialize } from "../../src/graph/lower.js";
import type { DType, Tensor, TensorData } from "../../src/math/tensor.js";

/** Runs an ONNX file once. */
export async function runModel(
  bytes: Uint8Array,
  feeds: Readonly<Record<string, Tensor>>,
): Promise<Record<string, Tensor>> {
  const session = await InferenceSession.create(bytes, {
    graphOptimizationLevel: "basic",
    intraOpNumThreads: 1,
    logSeverityLevel: 3,
  });
  try {
    const inputs = Object.entries(feeds).map(([name, t]) => [name, toOrt(t)] as const);
    const outputs = await session.run(Object.fromEntries(inputs));
    return Object.fromEntries(Object.entries(outputs).map(([name, t]) => [name, fromOrt(t)]));
  } finally {
    await session.release();
  }
}

/** Runs a graph once and returns the values named (default: the graph's outputs). */
export async function runGraph(
  graph: Graph,
  feeds: Readonly<Record<string, Tensor>>,
  outputs: readonly string[] = graph.outputs,
): Promise<Record<string, Tensor>> {
  return runModel(serialize({ ...graph, outputs: [...outputs] }), feeds);
}

function toOrt(tensor: Tensor): OrtTensor {
  return new OrtTensor(tensor.dtype as "float32", tensor.data as Float32Array, [...tensor.shape]);
}

function fromOrt(tensor: OrtTensor): Tensor {
  return {
    dtype: tensor.type as DType,
    shape: [...tensor.dims],
    data: tensor.data as TensorData,
  };
}
