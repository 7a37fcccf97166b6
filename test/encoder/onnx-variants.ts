import { readFileSync } from "node:fs";
import { join } from "node:path";
import { create } from "@bufbuild/protobuf";
import { StringStringEntryProtoSchema, type TensorProto, TensorProto_DataLocation } from "onnx-buf";
import { elementType } from "../../src/onnx/element-type.js";
import { decode, encode, type ModelProto } from "../../src/onnx/model.js";
import { toTensor } from "../../src/onnx/tensor-proto.js";
import { tiny } from "./model-copy.js";

/** A fresh copy of the tiny encoder's model. */
export function tinyModel(): ModelProto {
  return decode(readFileSync(join(tiny, "onnx/model.onnx")));
}

/** The 16 bits of the half nearest to each number; what is too small becomes 0, what is too large the largest half. */
function halfBits(numbers: Float32Array): Uint16Array {
  const words = new Uint32Array(numbers.slice().buffer);
  const halves = new Uint16Array(words.length);
  for (let i = 0; i < words.length; i++) {
    const bits = words[i];
    const exponent = ((bits >>> 23) & 0xff) - 112;
    const magnitude = (exponent << 10) + (((bits & 0x7fffff) + 0x1000) >>> 13);
    halves[i] = ((bits >>> 16) & 0x8000) | (exponent <= 0 ? 0 : Math.min(magnitude, 0x7bff));
  }
  return halves;
}

function toHalf(proto: TensorProto): void {
  if (proto.dataType !== elementType("float32")) return;
  const halves = halfBits(toTensor(proto).data as Float32Array);
  proto.dataType = elementType("float16");
  proto.floatData = [];
  proto.rawData = new Uint8Array(halves.buffer as ArrayBuffer);
}

/** The tiny encoder in half precision throughout: weights, constants, casts and output. */
export function halfPrecision(): Uint8Array {
  const model = tinyModel();
  const graph = model.graph!;
  for (const tensor of graph.initializer) toHalf(tensor);
  for (const node of graph.node) {
    for (const attribute of node.attribute) {
      if (attribute.t !== undefined) toHalf(attribute.t);
      const toFloat = node.opType === "Cast" && attribute.i === BigInt(elementType("float32"));
      if (toFloat) attribute.i = BigInt(elementType("float16"));
    }
  }
  return encode(model);
}

/** The tiny encoder with its large weights in a file of their own. */
export function externalData(location: string): { model: Uint8Array; data: Uint8Array } {
  const model = tinyModel();
  const chunks: Uint8Array[] = [];
  let offset = 0;
  for (const tensor of model.graph!.initializer) {
    const { length } = tensor.rawData;
    if (length < 1024) continue;
    chunks.push(tensor.rawData);
    const entries = Object.entries({ location, offset: `${offset}`, length: `${length}` });
    tensor.externalData = entries.map(([key, value]) =>
      create(StringStringEntryProtoSchema, { key, value }),
    );
    tensor.dataLocation = TensorProto_DataLocation.EXTERNAL;
    tensor.rawData = new Uint8Array(0);
    offset += length;
  }
  return { model: encode(model), data: Buffer.concat(chunks) };
}
