import type { InferenceSession, Tensor as OrtTensor } from "onnxruntime-node";
import { internal } from "../../errors/internal.js";
import { UserError } from "../../errors/user-error.js";
import type { DType, Tensor, TensorData } from "../../math/tensor.js";
import type { ValueDescription } from "../types.js";

/** onnxruntime-node's module. */
export type Ort = typeof import("onnxruntime-node");

const DTYPES: readonly DType[] = [
  "float32",
  "float64",
  "float16",
  "int64",
  "int32",
  "int8",
  "uint8",
  "bool",
];

/** Loads the native library, and keeps it from writing to standard error: its errors come as exceptions. */
export async function loadOrt(): Promise<Ort> {
  try {
    const ort = await import("onnxruntime-node");
    ort.env.logLevel = "fatal";
    return ort;
  } catch (cause) {
    const where = `${process.platform}/${process.arch}`;
    throw new UserError(
      "no-onnxruntime",
      `onnxruntime-node cannot be loaded on ${where}: ${(cause as Error).message}`,
      { hint: "install it again with npm ci; it has builds for linux, macOS and Windows", cause },
    );
  }
}

/** Loads a model; an Error carries the useful part of ONNX Runtime's message. */
export async function loadGraph(
  ort: Ort,
  model: Uint8Array | string,
  options: InferenceSession.SessionOptions,
): Promise<InferenceSession> {
  const quiet: InferenceSession.SessionOptions = { ...options, logSeverityLevel: 4 };
  try {
    // Two overloads, one for each kind.
    return await (typeof model === "string"
      ? ort.InferenceSession.create(model, quiet)
      : ort.InferenceSession.create(model, quiet));
  } catch (cause) {
    const reason = usefulMessage(cause);
    if (typeof model !== "string")
      throw new Error(`the model cannot be loaded: ${reason}`, { cause });
    throw new UserError("bad-model", `the model cannot be loaded: ${reason}`, {
      at: { file: model },
      hint: "export or copy the file again: it may be cut short, or a Git LFS pointer",
      cause,
    });
  }
}

/** A tensor over the same memory. */
export function toOrt(ort: Ort, name: string, tensor: Tensor): OrtTensor {
  try {
    return new ort.Tensor(tensor.dtype as "float32", dataFor(tensor), [...tensor.shape]);
  } catch (cause) {
    return internal(`tensor "${name}" is unfit: ${(cause as Error).message}`);
  }
}

/** ONNX Runtime's JavaScript wants Float16Array where the engine has one, and its bits where it has not. */
function dataFor({ dtype, data }: Tensor): Float32Array {
  const wanted = Reflect.get(globalThis, "Float16Array");
  if (dtype !== "float16" || typeof wanted !== "function") return data as Float32Array;
  return Reflect.construct(wanted, [data.buffer, data.byteOffset, data.length]);
}

/** The tensor with our names; float16 as its bits. */
export function fromOrt(name: string, tensor: OrtTensor): Tensor {
  const dtype = dtypeOf(name, tensor.type);
  const data = tensor.data as TensorData;
  const bits = dtype === "float16";
  return {
    dtype,
    shape: [...tensor.dims],
    data: bits ? new Uint16Array(data.buffer, data.byteOffset, data.length) : data,
  };
}

/** The inputs or outputs of a session. */
export function describe(
  values: readonly InferenceSession.ValueMetadata[],
): readonly ValueDescription[] {
  return values.map((value) => {
    if (!value.isTensor) throw unsupported(value.name, "sequence or map");
    return { name: value.name, dtype: dtypeOf(value.name, value.type), shape: [...value.shape] };
  });
}

function dtypeOf(name: string, type: string): DType {
  const dtype = DTYPES.find((known) => known === type);
  if (dtype === undefined) throw unsupported(name, type);
  return dtype;
}

function unsupported(name: string, type: string): UserError {
  const expected = `expected one of ${DTYPES.join(", ")}`;
  return new UserError("unsupported-type", `"${name}" of the model is a ${type}, ${expected}`);
}

/**
 * What a reader can use of an ONNX Runtime message: which node failed and why, without its source paths and C++
 * signatures.
 */
export function usefulMessage(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  const node = /while running (\S+) node\. Name:'([^']*)' Status Message: ([\s\S]*)/.exec(text);
  if (node === null) return withoutSource(text);
  return `${node[1]} "${node[2]}" failed: ${withoutSource(node[3] ?? "")}`;
}

function withoutSource(text: string): string {
  return text
    .replace(/\/\S+\.(?:h|cc|cpp):\d+ (?:.*? was false\. |\S+ .*?\) )?/g, "")
    .replace(/^Load model from .*? failed:/, "")
    .trim();
}
