import { create } from "@bufbuild/protobuf";
import {
  AttributeProto_AttributeType,
  AttributeProtoSchema,
  type NodeProto,
  NodeProtoSchema,
  type TensorProto,
} from "onnx-buf";
import { float64, type Tensor } from "../../src/math/tensor.js";
import { elementType } from "../../src/onnx/element-type.js";
import { decode, encode } from "../../src/onnx/model.js";
import { fromTensor, toTensor } from "../../src/onnx/tensor-proto.js";

const [SINGLE, DOUBLE] = [elementType("float32"), elementType("float64")];

/**
 * A model with float64 in the place of float32 throughout: inputs, weights, constants, casts. Mean and inverse deviation of a layer
 * normalisation, which ONNX gives in float32 whatever its input, are widened.
 */
export function inFloat64(bytes: Uint8Array): Uint8Array {
  const model = decode(bytes);
  const graph = model.graph!;
  for (const { type } of [...graph.input, ...graph.output, ...graph.valueInfo]) {
    if (type?.value.case !== "tensorType") continue;
    if (type.value.value.elemType === SINGLE) type.value.value.elemType = DOUBLE;
  }
  return encode({
    ...model,
    graph: {
      ...graph,
      initializer: graph.initializer.map(widened),
      node: graph.node.flatMap(widenedNode),
    },
  });
}

/** Feeds of such a model. */
export function feedsInFloat64(feeds: Readonly<Record<string, Tensor>>): Record<string, Tensor> {
  return Object.fromEntries(
    Object.entries(feeds).map(([name, tensor]) => [name, doubled(tensor) ?? tensor]),
  );
}

function doubled({ dtype, shape, data }: Tensor): Tensor | undefined {
  return dtype === "float32" ? float64(shape, Array.from(data, Number)) : undefined;
}

function widened(proto: TensorProto): TensorProto {
  if (proto.dataType !== SINGLE) return proto;
  return fromTensor(proto.name, doubled(toTensor(proto))!);
}

function widenedNode(node: NodeProto): NodeProto[] {
  for (const attribute of node.attribute) {
    if (attribute.t !== undefined) attribute.t = widened(attribute.t);
    const isType = attribute.name === "to" || attribute.name === "dtype";
    if (isType && attribute.i === BigInt(SINGLE)) attribute.i = BigInt(DOUBLE);
  }
  if (node.opType !== "LayerNormalization") return [node];
  const [y, ...statistics] = node.output as [string, ...string[]];
  const casts = statistics.map((name) => toDouble(`${name}/single`, name));
  node.output = [y, ...statistics.map((name) => `${name}/single`)];
  return [node, ...casts];
}

function toDouble(from: string, to: string): NodeProto {
  const type = AttributeProto_AttributeType.INT;
  return create(NodeProtoSchema, {
    opType: "Cast",
    name: to,
    input: [from],
    output: [to],
    attribute: [create(AttributeProtoSchema, { name: "to", i: BigInt(DOUBLE), type })],
  });
}
