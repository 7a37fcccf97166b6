import { fstatSync } from "node:fs";
import { dirname } from "node:path";
import { fromBinary } from "@bufbuild/protobuf";
import { BinaryReader, WireType } from "@bufbuild/protobuf/wire";
import { TensorProtoSchema } from "onnx-buf";
import { UserError } from "../errors/user-error.js";
import { readBytes, withFile } from "../files/file-bytes.js";
import type { Tensor } from "../math/tensor.js";
import { folderReader } from "./external-data.js";
import { toTensor } from "./tensor-proto.js";

/** An initializer of an ONNX file that has not been read. */
interface FiledInitializer {
  /** ONNX's number of its element type. */
  readonly elementType: number;
  /** Reads it, and nothing else of the file. Errors as `toTensor`. */
  readonly read: () => Tensor;
}

/** Fields by their numbers in onnx.proto: of the model, of the graph, of a tensor. */
const GRAPH = 7;
const INITIALIZER = 5;
const DATA_TYPE = 2;
const NAME = 8;

/** Bytes that a field's number, type and length or plain value fit into. */
const HEADING = 20;

/** A field of a message. */
interface Field {
  readonly number: number;
  /** Where its bytes begin and end in the file; the same place for a plain number. */
  readonly from: number;
  readonly to: number;
  /** Of a plain number. */
  readonly value: number;
}

/** The initializers of an ONNX file by their names, found by passing over their data. UserError `bad-onnx` where the file is cut short. */
export function filedInitializers(file: string): Map<string, FiledInitializer> {
  const external = folderReader(dirname(file), file);
  return withFile(file, (descriptor) => {
    const found = new Map<string, FiledInitializer>();
    for (const field of initializers(descriptor, file)) {
      const { from, to } = field;
      const { name, elementType } = heading(descriptor, field, file);
      const read = (): Tensor => {
        const bytes = withFile(file, (own) => readBytes(own, from, to - from));
        return toTensor(fromBinary(TensorProtoSchema, bytes), external);
      };
      found.set(name, { elementType, read });
    }
    return found;
  });
}

function* initializers(descriptor: number, file: string): Iterable<Field> {
  const whole = { from: 0, to: fstatSync(descriptor).size };
  for (const graph of fields(descriptor, whole, file))
    if (graph.number === GRAPH)
      for (const field of fields(descriptor, graph, file))
        if (field.number === INITIALIZER) yield field;
}

function heading(
  descriptor: number,
  tensor: Field,
  file: string,
): { readonly name: string; readonly elementType: number } {
  let [name, elementType] = ["", 0];
  for (const { number, from, to, value } of fields(descriptor, tensor, file)) {
    if (number === DATA_TYPE) elementType = value;
    if (number === NAME) name = new TextDecoder().decode(readBytes(descriptor, from, to - from));
  }
  return { name, elementType };
}

/** The fields of a message, none of which is read. */
function* fields(
  descriptor: number,
  { from, to }: Pick<Field, "from" | "to">,
  file: string,
): Iterable<Field> {
  let at = from;
  while (at < to) {
    const reader = new BinaryReader(readBytes(descriptor, at, Math.min(HEADING, to - at)));
    const [number, type] = reader.tag();
    const value = type === WireType.Varint ? reader.int32() : 0;
    const length = type === WireType.LengthDelimited ? reader.uint32() : 0;
    if (type !== WireType.Varint && type !== WireType.LengthDelimited) reader.skip(type, number);
    const start = at + reader.pos;
    at = start + length;
    if (at > to) throw new UserError("bad-onnx", "the file is cut short", { at: { file } });
    yield { number, from: start, to: at, value };
  }
}
