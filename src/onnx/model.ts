import { fromBinary } from "@bufbuild/protobuf";
import { type ModelProto, ModelProtoSchema } from "onnx-buf";
import { internal, invariant } from "../errors/internal.js";
import { UserError } from "../errors/user-error.js";
import type { Tensor } from "../math/tensor.js";
import { countNodes } from "./count-nodes.js";
import { elementType } from "./element-type.js";
import { encodeModel } from "./encode-model.js";
import { fromTensor } from "./tensor-proto.js";

/** Nodes of a graph that are read: ten times those of the largest encoders, and seconds of work. */
const MOST_NODES = 500_000;

/**
 * Decodes an ONNX file (protobuf message ModelProto). Weights are views into `bytes`, not copies; unknown fields
 * are kept and written again by `encode`. Throws a UserError when the bytes are no complete ONNX model.
 */
export function decode(bytes: Uint8Array, file?: string): ModelProto {
  const at = file === undefined ? {} : { at: { file } };
  const hint = "export or copy the file again: it may be cut short, or a Git LFS pointer";
  const nodes = countNodes(bytes);
  if (nodes > MOST_NODES) {
    const message = `the graph has ${nodes.toLocaleString("en-US")} nodes, and at most ${MOST_NODES.toLocaleString("en-US")} are read`;
    throw new UserError("bad-onnx", message, { ...at, hint });
  }
  let model: ModelProto;
  try {
    // A Buffer would hand on its own kind of slices, which share memory where Uint8Array's copy.
    const plain = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    model = fromBinary(ModelProtoSchema, plain);
  } catch (cause) {
    const message = `the file of ${bytes.length} bytes is not a complete onnx model`;
    throw new UserError("bad-onnx", message, { ...at, hint, cause });
  }
  if (model.graph === undefined || model.opsetImport.length === 0) {
    throw new UserError("bad-onnx", "the file holds no onnx graph", { ...at, hint });
  }
  return model;
}

/** The bytes of an ONNX file. What `decode` read comes out again byte for byte. */
export function encode(model: ModelProto): Uint8Array {
  return encodeModel(model);
}

/**
 * The model with the named initializers replaced and everything else as it was, for writing trained weights into
 * the file they came from. The original is not changed; weights are shared, not copied. A tensor keeps its shape
 * and element type: another one, or a name that the model does not have, breaks an invariant.
 */
export function replaceInitializers(
  model: ModelProto,
  tensors: ReadonlyMap<string, Tensor>,
): ModelProto {
  const graph = model.graph ?? internal("the model has no graph");
  const left = new Set(tensors.keys());
  const initializer = graph.initializer.map((proto) => {
    const tensor = tensors.get(proto.name);
    if (tensor === undefined) return proto;
    left.delete(proto.name);
    const same =
      elementType(tensor.dtype) === proto.dataType && `${tensor.shape}` === `${proto.dims}`;
    invariant(same, `"${proto.name}" cannot be replaced by a ${tensor.dtype} [${tensor.shape}]`);
    return fromTensor(proto.name, tensor);
  });
  invariant(left.size === 0, `the model has no initializers ${[...left].join(", ")}`);
  return { ...model, graph: { ...graph, initializer } };
}

export type { ModelProto } from "onnx-buf";
