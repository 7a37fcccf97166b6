import { type DescMessage, type MessageShape, toBinary } from "@bufbuild/protobuf";
import { BinaryWriter } from "@bufbuild/protobuf/wire";
import { GraphProtoSchema, type ModelProto, ModelProtoSchema, TensorProtoSchema } from "onnx-buf";

/** Fields that hold weights, by their numbers in onnx.proto. */
const GRAPH = 7;
const INITIALIZER = 5;
const RAW_DATA = 9;

/** Wire type of a field with a length before its bytes. */
const LENGTH_DELIMITED = 2;

/** Raw data from here on are not passed through the writer, which copies them at each level. */
const LARGE_BYTES = 65_536;

type Parts = Uint8Array[];

/**
 * The bytes of an ONNX file, those that protobuf's own writer gives. That one copies weights three times, once for each level they lie in;
 * here they are copied once, into their place.
 */
export function encodeModel(model: ModelProto): Uint8Array {
  const parts = modelParts(model);
  const bytes = new Uint8Array(sizeOf(parts));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

const sizeOf = (parts: Parts): number => parts.reduce((sum, { length }) => sum + length, 0);

function modelParts(model: ModelProto): Parts {
  const { graph } = model;
  if (graph === undefined) return [toBinary(ModelProtoSchema, model)];
  const inner = around(GraphProtoSchema, graph, INITIALIZER, tensorFields(graph.initializer));
  return around(ModelProtoSchema, model, GRAPH, field(GRAPH, inner));
}

function tensorFields(tensors: NonNullable<ModelProto["graph"]>["initializer"]): Parts {
  return tensors.flatMap((tensor) => {
    const { rawData } = tensor;
    const parts =
      rawData.length < LARGE_BYTES
        ? [toBinary(TensorProtoSchema, tensor)]
        : around(TensorProtoSchema, tensor, RAW_DATA, field(RAW_DATA, [rawData]));
    return field(INITIALIZER, parts);
  });
}

/** The fields of a message in the order of their numbers, with one of them given as bytes. */
function around<D extends DescMessage>(
  schema: D,
  message: MessageShape<D>,
  number: number,
  given: Parts,
): Parts {
  const before = toBinary(
    schema,
    withFields(schema, message, (other) => other < number),
  );
  const after = toBinary(
    schema,
    withFields(schema, message, (other) => other > number),
  );
  return [before, ...given, after];
}

/** A field with its length. */
function field(number: number, parts: Parts): Parts {
  const head = new BinaryWriter().tag(number, LENGTH_DELIMITED).uint32(sizeOf(parts)).finish();
  return [head, ...parts];
}

/** The message with some of its fields; fields that are not known come at the end, and so stay with the last ones. */
function withFields<D extends DescMessage>(
  schema: D,
  message: MessageShape<D>,
  isKept: (number: number) => boolean,
): MessageShape<D> {
  const dropped = new Map<string, unknown>(
    schema.fields
      .filter(({ number }) => !isKept(number))
      .map(({ localName, fieldKind }) => [localName, fieldKind === "list" ? [] : undefined]),
  );
  if (!isKept(Number.POSITIVE_INFINITY)) dropped.set("$unknown", undefined);
  const copy: object = Object.create(Object.getPrototypeOf(message));
  for (const [name, value] of Object.entries(message)) {
    const own = dropped.has(name) ? dropped.get(name) : value;
    if (own !== undefined) Reflect.set(copy, name, own);
  }
  return copy as MessageShape<D>;
}
