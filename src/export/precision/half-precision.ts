import { create } from "@bufbuild/protobuf";
import {
  type AttributeProto,
  AttributeProtoSchema,
  AttributeProto_AttributeType as Kind,
  type NodeProto,
  NodeProtoSchema,
  type TensorProto,
} from "onnx-buf";
import { internal } from "../../errors/internal.js";
import { float32ToFloat16 } from "../../math/float16.js";
import type { Tensor } from "../../math/tensor.js";
import { elementType } from "../../onnx/element-type.js";
import type { ModelProto } from "../../onnx/model.js";
import { fromTensor, toTensor } from "../../onnx/tensor-proto.js";

type Graph = NonNullable<ModelProto["graph"]>;

const FLOAT = elementType("float32");
const HALF = elementType("float16");

/** A smaller positive constant would be 0 as a half, and LayerNorm's eps with it. */
const SMALLEST_CONSTANT = 1e-7;

/**
 * The model computed in half precision: weights, constants and casts become float16; outputs are cast back to float32. Constants
 * beyond ±65,504 (the −3.4e38 of attention masks) become that, and single numbers below 1e-7 (the eps of LayerNorm) that, without
 * which padding and constant rows give NaN. What ends in whole numbers (the buckets of relative positions) stays in float32, where
 * rounding would move a bucket.
 */
export function halfPrecision(model: ModelProto): ModelProto {
  const graph = model.graph ?? internal("the model has no graph");
  const exact = exactNodes(graph);
  const around = surroundings(graph, exact);
  const inputs = floatsOf(graph.input);
  const narrow = inputs.map((name) => castNode(name, `${name}_float16`, HALF));
  const swap = (name: string): string => (inputs.includes(name) ? `${name}_float16` : name);
  const rewritten = graph.node.flatMap((original) =>
    exact.has(original)
      ? around.widened(original)
      : [{ ...halfNode(original), input: original.input.map(swap) }],
  );
  const node = [...narrow, ...rewritten];
  const initializer = [...graph.initializer.map(halfTensor), ...around.copies.values()];
  return { ...model, graph: withFloatOutputs({ ...graph, node, initializer, valueInfo: [] }) };
}

/** Nodes whose results all end in casts to whole numbers. */
function exactNodes(graph: Graph): Set<NodeProto> {
  const outputs = new Set(graph.output.map(({ name }) => name));
  const readers = new Map<string, NodeProto[]>();
  for (const node of graph.node) {
    for (const name of node.input) readers.set(name, [...(readers.get(name) ?? []), node]);
  }
  const exact = new Set<NodeProto>();
  for (const node of graph.node.toReversed()) {
    const next = node.output.flatMap((name) => readers.get(name) ?? []);
    const leads = next.length > 0 && next.every((reader) => exact.has(reader) || isWhole(reader));
    if (leads && !node.output.some((name) => outputs.has(name))) exact.add(node);
  }
  return exact;
}

function isWhole(node: NodeProto): boolean {
  const to = node.opType === "Cast" ? Number(attributeOf(node, "to")?.i ?? 0) : 0;
  return to === elementType("int64") || to === elementType("int32");
}

function attributeOf(node: NodeProto, name: string): AttributeProto | undefined {
  return node.attribute.find((attribute) => attribute.name === name);
}

/** Gives exact nodes what they read in float32: weights as copies, computed values by a cast. */
function surroundings(graph: Graph, exact: ReadonlySet<NodeProto>) {
  const weights = new Map(graph.initializer.map((proto) => [proto.name, proto]));
  const inside = new Set([...exact].flatMap(({ output }) => output));
  const halves = floatValues(graph);
  const copies = new Map<string, TensorProto>();
  const wide = new Map<string, string>();
  const widened = (node: NodeProto): NodeProto[] => {
    const casts: NodeProto[] = [];
    const input = node.input.map((name) => {
      if (inside.has(name)) return name;
      const weight = weights.get(name);
      if (weight?.dataType === FLOAT) {
        copies.set(name, { ...weight, name: `${name}_float32` });
        return `${name}_float32`;
      }
      if (!halves.has(name)) return name;
      const known = wide.get(name);
      if (known !== undefined) return known;
      wide.set(name, `${name}_float32`);
      casts.push(castNode(name, `${name}_float32`, FLOAT));
      return `${name}_float32`;
    });
    return [...casts, { ...node, input }];
  };
  return { copies, widened };
}

/** Computed values that are float32 for certain: results of casts and constants. */
function floatValues(graph: Graph): Set<string> {
  const nodes = graph.node.filter((node) => {
    const constant = attributeOf(node, "value")?.t?.dataType;
    return Number(attributeOf(node, "to")?.i ?? 0) === FLOAT || constant === FLOAT;
  });
  return new Set(nodes.flatMap(({ output }) => output));
}

function halfNode(node: NodeProto): NodeProto {
  return { ...node, attribute: node.attribute.map((attribute) => halfAttribute(node, attribute)) };
}

function halfAttribute(node: NodeProto, attribute: AttributeProto): AttributeProto {
  if (attribute.t !== undefined) return { ...attribute, t: halfTensor(attribute.t) };
  const isType = node.opType === "Cast" || node.opType === "EyeLike";
  if (isType && Number(attribute.i) === FLOAT && attribute.name !== "k") {
    return { ...attribute, i: BigInt(HALF) };
  }
  if (node.opType === "Constant" && attribute.name === "value_float") {
    const number: Tensor = { dtype: "float32", shape: [], data: Float32Array.of(attribute.f) };
    const t = halfTensor(fromTensor("", number));
    return create(AttributeProtoSchema, { name: "value", type: Kind.TENSOR, t });
  }
  return attribute;
}

function halfTensor(proto: TensorProto): TensorProto {
  if (proto.dataType !== FLOAT) return proto;
  const { shape, data } = toTensor(proto);
  const numbers = data.length === 1 ? Float32Array.of(notTooSmall(Number(data[0]))) : data;
  const halfBits = float32ToFloat16(numbers as Float32Array);
  return fromTensor(proto.name, { dtype: "float16", shape, data: halfBits });
}

function notTooSmall(x: number): number {
  return x !== 0 && Math.abs(x) < SMALLEST_CONSTANT ? Math.sign(x) * SMALLEST_CONSTANT : x;
}

/** Names of the float32 tensors among inputs or outputs. */
function floatsOf(values: Graph["input"]): string[] {
  const floats = values.filter(
    ({ type }) => type?.value.case === "tensorType" && type.value.value.elemType === FLOAT,
  );
  return floats.map(({ name }) => name);
}

/** Float outputs keep their names and type: their nodes write under another name, and a cast follows. */
function withFloatOutputs(graph: Graph): Graph {
  const renamed = new Map(floatsOf(graph.output).map((name) => [name, `${name}_float16`]));
  const swap = (name: string): string => renamed.get(name) ?? name;
  const node = graph.node.map((original) => ({
    ...original,
    input: original.input.map(swap),
    output: original.output.map(swap),
  }));
  const casts = [...renamed].map(([name, half]) => castNode(half, name, FLOAT));
  return { ...graph, node: [...node, ...casts] };
}

function castNode(from: string, to: string, type: number): NodeProto {
  const attribute = create(AttributeProtoSchema, { name: "to", type: Kind.INT, i: BigInt(type) });
  return create(NodeProtoSchema, {
    opType: "Cast",
    name: `${to}/Cast`,
    input: [from],
    output: [to],
    attribute: [attribute],
  });
}
