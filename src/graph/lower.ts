import { create } from "@bufbuild/protobuf";
import {
  type AttributeProto,
  AttributeProto_AttributeType,
  AttributeProtoSchema,
  GraphProtoSchema,
  ModelProtoSchema,
  type NodeProto,
  NodeProtoSchema,
  TensorShapeProto_DimensionSchema,
  type TypeProto,
  TypeProtoSchema,
  type ValueInfoProto,
  ValueInfoProtoSchema,
} from "onnx-buf";
import { internal } from "../errors/internal.js";
import { elementType } from "../onnx/element-type.js";
import { encode, type ModelProto } from "../onnx/model.js";
import { fromTensor } from "../onnx/tensor-proto.js";
import { isUnknown } from "./dimension.js";
import type { Attribute, Dim, Graph, Node, TensorType } from "./ir.js";

/** Version of the file format: readers of opset 20 all know it. */
const IR_VERSION = 8n;

const TYPES = {
  int: AttributeProto_AttributeType.INT,
  float: AttributeProto_AttributeType.FLOAT,
  string: AttributeProto_AttributeType.STRING,
  ints: AttributeProto_AttributeType.INTS,
  floats: AttributeProto_AttributeType.FLOATS,
  strings: AttributeProto_AttributeType.STRINGS,
  tensor: AttributeProto_AttributeType.TENSOR,
  graph: AttributeProto_AttributeType.GRAPH,
} as const;

const utf8 = (text: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(text);

function fieldOf(attribute: Attribute): Partial<AttributeProto> {
  switch (attribute.kind) {
    case "int":
      return { i: BigInt(attribute.value) };
    case "float":
      return { f: attribute.value };
    case "string":
      return { s: utf8(attribute.value) };
    case "ints":
      return { ints: attribute.value.map(BigInt) };
    case "floats":
      return { floats: [...attribute.value] };
    case "strings":
      return { strings: attribute.value.map(utf8) };
    case "tensor":
      return { t: fromTensor("", attribute.value) };
    case "graph":
      return internal("graphs inside nodes are not written");
  }
}

function lowerAttribute(name: string, attribute: Attribute): AttributeProto {
  const proto = create(AttributeProtoSchema, { name, type: TYPES[attribute.kind] });
  return Object.assign(proto, fieldOf(attribute));
}

/** What the engine's own operators compute, by ONNX's operators: how many of their inputs that takes. */
const OWN: Readonly<Record<string, { readonly op: string; readonly inputs: number }>> = {
  StopGradient: { op: "Identity", inputs: 1 },
  Dropout: { op: "Identity", inputs: 1 },
  WithSlope: { op: "Identity", inputs: 1 },
  GatherRows: { op: "Gather", inputs: 2 },
};

/** The node in ONNX's operators. */
export function plainNode(node: Node): Node {
  const plain = node.domain === "embtune" ? OWN[node.op] : undefined;
  if (plain === undefined) return node;
  const inputs = node.inputs.slice(0, plain.inputs);
  return { ...node, op: plain.op, domain: "", inputs, attributes: {} };
}

function lowerNode(original: Node): NodeProto {
  const node = plainNode(original);
  return create(NodeProtoSchema, {
    opType: node.op,
    domain: node.domain,
    name: node.name,
    input: [...node.inputs],
    output: [...node.outputs],
    attribute: Object.entries(node.attributes).map(([name, value]) => lowerAttribute(name, value)),
  });
}

function lowerDim(dim: Dim) {
  if (typeof dim === "string" && isUnknown(dim)) return create(TensorShapeProto_DimensionSchema);
  const value =
    typeof dim === "number"
      ? ({ case: "dimValue", value: BigInt(dim) } as const)
      : ({ case: "dimParam", value: dim } as const);
  return create(TensorShapeProto_DimensionSchema, { value });
}

function lowerType(type: TensorType): TypeProto {
  const value = { elemType: elementType(type.dtype), shape: { dim: type.shape.map(lowerDim) } };
  return create(TypeProtoSchema, { value: { case: "tensorType", value } });
}

/** Description of a graph input or output; the type is left to the reader where it is unknown. */
function valueInfo(name: string, type: TensorType | undefined): ValueInfoProto {
  return create(
    ValueInfoProtoSchema,
    type === undefined ? { name } : { name, type: lowerType(type) },
  );
}

/**
 * The graph as an ONNX model: symbolic dimensions as dim_param, the engine's own operators as what they compute.
 * Weights are not copied.
 */
export function lower(graph: Graph): ModelProto {
  const domains = new Set(graph.nodes.map((node) => node.domain));
  const opsetImport = [{ domain: "", version: BigInt(graph.opset) }];
  if (domains.has("com.microsoft")) opsetImport.push({ domain: "com.microsoft", version: 1n });
  return create(ModelProtoSchema, {
    irVersion: IR_VERSION,
    producerName: "embtune",
    opsetImport,
    graph: create(GraphProtoSchema, {
      name: graph.name,
      node: graph.nodes.map(lowerNode),
      initializer: [...graph.initializers].map(([name, tensor]) => fromTensor(name, tensor)),
      input: graph.inputs.map((value) => valueInfo(value.name, value)),
      output: graph.outputs.map((name) => valueInfo(name, graph.types.get(name))),
    }),
  });
}

/** The bytes of the graph as an ONNX file. */
export function serialize(graph: Graph): Uint8Array {
  return encode(lower(graph));
}
