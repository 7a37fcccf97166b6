import { create } from "@bufbuild/protobuf";
import { ValueInfoProtoSchema } from "onnx-buf";
import { int64, type Tensor } from "../../math/tensor.js";
import { encode, type ModelProto } from "../../onnx/model.js";
import { fromTensor, toTensor } from "../../onnx/tensor-proto.js";
import { evaluateDim, unknownDim } from "../dimension.js";
import type { Dim, TensorType, Value } from "../ir.js";
import { type ImportOptions, readSource } from "./source.js";

/** Runs an ONNX file once: feeds by input name in, all graph outputs by name out. */
export type RunModel = (
  bytes: Uint8Array,
  feeds: Readonly<Record<string, Tensor>>,
) => Promise<Readonly<Record<string, Tensor>>>;

/** Sizes at which the graph is run: primes, so that different products differ. */
const PROBES = [
  { B: 2, T: 7 },
  { B: 3, T: 11 },
] as const;

/** Products that sizes of a text encoder follow. */
const BASES: readonly Dim[] = ["B", "T", "B*T", "T*T", "B*T*T"];

/** The dimension that has these sizes at the two probes, or undefined. */
function nameSizes(first: number, second: number): Dim | undefined {
  if (first === second) return first;
  for (const base of BASES) {
    const [a, b] = PROBES.map((sizes) => evaluateDim(base, sizes)!) as [number, number];
    const factor = first / a;
    if (Number.isInteger(factor) && b * factor === second) {
      return factor === 1 ? base : `${factor}*${base}`;
    }
  }
  for (const base of ["B", "T"] as const) {
    const offset = first - PROBES[0][base];
    if (PROBES[1][base] + offset !== second) continue;
    return offset < 0 ? `${base}${offset}` : `${base}+${offset}`;
  }
  return undefined;
}

/** Token ids and masks of ones: valid for every encoder, and nothing is padding. */
function feed(value: Value, sizes: Readonly<Record<string, number>>): Tensor {
  const shape = value.shape.map((dim) => evaluateDim(dim, sizes) ?? 1);
  const count = shape.reduce((product, dim) => product * dim, 1);
  if (value.dtype === "int64") return int64(shape, new BigInt64Array(count).fill(1n));
  const filled = { int32: Int32Array, float32: Float32Array, float64: Float64Array } as const;
  const type = filled[value.dtype as keyof typeof filled] ?? Uint8Array;
  return { dtype: value.dtype, shape, data: new type(count).fill(1) };
}

/** The model with every value that a node computes as an output, and all weights inside. */
function exposed(model: ModelProto, options: ImportOptions): Uint8Array {
  const graph = model.graph!;
  const given = new Set(graph.output.map((info) => info.name));
  const names = graph.node
    .filter((node) => node.opType !== "Constant")
    .flatMap((node) => node.output)
    .filter((name) => name !== "" && !given.has(name));
  const output = [...graph.output, ...names.map((name) => create(ValueInfoProtoSchema, { name }))];
  const initializer = graph.initializer.map((proto) =>
    proto.externalData.length === 0
      ? proto
      : fromTensor(proto.name, toTensor(proto, options.external)),
  );
  return encode({ ...model, graph: { ...graph, output, initializer } });
}

/**
 * Types of all computed values, found by running the model at two sizes: dimensions that are equal are static,
 * those that follow the batch or the length are named `B`, `T`, `B*T` and so on, others are unknown.
 */
export async function probeTypes(
  model: ModelProto,
  run: RunModel,
  options: ImportOptions = {},
): Promise<Map<string, TensorType>> {
  const { inputs } = readSource(model, options);
  const bytes = exposed(model, options);
  const feeds = PROBES.map((sizes) =>
    Object.fromEntries(inputs.map((value) => [value.name, feed(value, sizes)])),
  );
  const first = await run(bytes, feeds[0]);
  const second = await run(bytes, feeds[1]);
  return new Map(
    Object.entries(first).flatMap(([name, a]) => {
      const b = second[name];
      return b === undefined || b.shape.length !== a.shape.length
        ? []
        : [[name, merge(name, a, b)]];
    }),
  );
}

function merge(name: string, a: Tensor, b: Tensor): TensorType {
  const shape = a.shape.map((dim, axis) => nameSizes(dim, b.shape[axis]) ?? unknownDim(name, axis));
  return { dtype: a.dtype === "float16" ? "float32" : a.dtype, shape };
}
