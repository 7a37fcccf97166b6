import { InferenceSession, Tensor as OrtTensor } from "onnxruntime-node";
import type { Graph } from "../../src/graph/ir.js";
import { serialize } from "../../src/graph/lower.js";
import type { DType, Tensor, TensorData } from "../../src/math/tensor.js";

/** A loaded model that can be run many times. */
export interface OpenModel {
  readonly run: (feeds: Readonly<Record<string, Tensor>>) => Promise<Record<string, Tensor>>;
  readonly release: () => Promise<void>;
}

/** How far ONNX Runtime may change a graph: "disabled" runs the kernels exactly as the file has them, "all" as users' sessions do. */
export type OptimizationLevel = "basic" | "disabled" | "all";

/** Loads an ONNX file, by default with the session options of a training step. */
export async function openModel(
  bytes: Uint8Array,
  level: OptimizationLevel = "basic",
): Promise<OpenModel> {
  const session = await InferenceSession.create(bytes, {
    graphOptimizationLevel: level,
    intraOpNumThreads: 1,
    logSeverityLevel: 3,
  });
  return {
    run: async (feeds) => {
      const inputs = Object.entries(feeds).map(([name, t]) => [name, toOrt(t)] as const);
      const outputs = await session.run(Object.fromEntries(inputs));
      return Object.fromEntries(Object.entries(outputs).map(([name, t]) => [name, fromOrt(t)]));
    },
    release: () => session.release(),
  };
}

/** Runs an ONNX file once. */
export async function runModel(
  bytes: Uint8Array,
  feeds: Readonly<Record<string, Tensor>>,
  level: OptimizationLevel = "basic",
): Promise<Record<string, Tensor>> {
  const model = await openModel(bytes, level);
  try {
    return await model.run(feeds);
  } finally {
    await model.release();
  }
}

/** Loads a graph of which the values named are wanted (default: the graph's outputs). */
export async function openGraph(
  graph: Graph,
  outputs: readonly string[] = graph.outputs,
): Promise<OpenModel> {
  return openModel(serialize({ ...graph, outputs: [...outputs] }));
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
