import {
  type AttributeProto,
  type GraphProto,
  AttributeProto_AttributeType as Kind,
  type NodeProto,
  type TensorProto,
  type ValueInfoProto,
} from "onnx-buf";
import { UserError } from "../../errors/user-error.js";
import { float16ToFloat32 } from "../../math/float16.js";
import type { Tensor } from "../../math/tensor.js";
import { dtypeOf } from "../../onnx/element-type.js";
import type { ExternalReader } from "../../onnx/external-data.js";
import type { ModelProto } from "../../onnx/model.js";
import { toTensor } from "../../onnx/tensor-proto.js";
import type { Attribute, Branch, Dim, Node, Shape, Value } from "../ir.js";

/** A decoded model as the importer reads it: names resolved, weights in float32, opset as it was. */
export interface Source {
  readonly name: string;
  readonly opset: number;
  readonly inputs: readonly Value[];
  readonly outputs: readonly string[];
  readonly initializers: ReadonlyMap<string, Tensor>;
  readonly nodes: readonly Node[];
}

/** What the importer may be told beyond the model. */
export interface ImportOptions {
  /** The model's file, for messages. */
  readonly file?: string;
  /** Reads weights that are stored beside the model. */
  readonly external?: ExternalReader;
  /** Shapes of graph inputs by name; others are as declared, with B and T in matrices of integers. */
  readonly shapes?: Readonly<Record<string, Shape>>;
}

/** Versions of ONNX's operator set that are understood. */
const OLDEST_OPSET = 11;
const NEWEST_OPSET = 23;

/** Half-precision tensors become float32, exactly; others are as they are. */
export function widen(tensor: Tensor): Tensor {
  if (tensor.dtype !== "float16") return tensor;
  const data = float16ToFloat32(tensor.data as Uint16Array);
  return { dtype: "float32", shape: tensor.shape, data };
}

/** Reads what a model holds; throws a UserError where it holds what embtune does not know. */
export function readSource(model: ModelProto, options: ImportOptions): Source {
  const opset = Number(
    model.opsetImport.find((o) => o.domain === "" || o.domain === "ai.onnx")?.version,
  );
  const graph = model.graph;
  if (graph === undefined) throw bad("the file holds no onnx graph");
  if (!(opset >= OLDEST_OPSET && opset <= NEWEST_OPSET)) {
    throw new UserError(
      "unsupported-opset",
      `the model uses opset ${opset}, expected ${OLDEST_OPSET} to ${NEWEST_OPSET}`,
      {
        hint: "export it again with opset 14 or 17",
      },
    );
  }
  if (graph.sparseInitializer.length > 0) throw bad("the model holds sparse weights");
  const initializers = readInitializers(graph, options.external);
  return {
    name: graph.name,
    opset,
    inputs: graph.input
      .filter((info) => !initializers.has(info.name))
      .map((info) => readInput(info, options.shapes)),
    outputs: graph.output.map((info) => info.name),
    initializers,
    nodes: graph.node.map(readNode),
  };
}

function bad(message: string): UserError {
  return new UserError("unsupported-onnx", message);
}

function readInitializers(
  graph: GraphProto,
  external: ExternalReader | undefined,
): Map<string, Tensor> {
  const read = (proto: TensorProto): Tensor => widen(toTensor(proto, external));
  return new Map(graph.initializer.map((proto) => [proto.name, read(proto)]));
}

/** A free dimension of an integer matrix is the batch B or the length T, whatever the exporter called it. */
function readInput(info: ValueInfoProto, shapes: ImportOptions["shapes"]): Value {
  const type = info.type?.value.case === "tensorType" ? info.type.value.value : undefined;
  const dtype = dtypeOf(type?.elemType ?? 0);
  if (type?.shape === undefined || dtype === undefined) {
    throw bad(`input "${info.name}" is not a tensor of known rank and a supported element type`);
  }
  const { dim } = type.shape;
  const matrix = dim.length === 2 && dtype.startsWith("int");
  const declared = dim.map(({ value }, axis): Dim => {
    if (value.case === "dimValue") return Number(value.value);
    if (matrix) return axis === 0 ? "B" : "T";
    return value.case === "dimParam" ? value.value : `${info.name}.${axis}`;
  });
  const shape = shapes?.[info.name] ?? declared;
  return { name: info.name, dtype: dtype === "float16" ? "float32" : dtype, shape };
}

function readNode(proto: NodeProto, index: number): Node {
  const name = proto.name || `${proto.opType}#${index}`;
  return {
    op: proto.opType,
    domain: proto.domain === "ai.onnx" ? "" : proto.domain,
    name,
    inputs: proto.input,
    outputs: proto.output,
    attributes: Object.fromEntries(
      proto.attribute.map((attribute) => [attribute.name, readAttribute(attribute, proto, name)]),
    ),
  };
}

const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

function readAttribute(proto: AttributeProto, node: NodeProto, name: string): Attribute {
  switch (proto.type) {
    case Kind.INT:
      return { kind: "int", value: Number(proto.i) };
    case Kind.FLOAT:
      return { kind: "float", value: proto.f };
    case Kind.STRING:
      return { kind: "string", value: text(proto.s) };
    case Kind.INTS:
      return { kind: "ints", value: proto.ints.map(Number) };
    case Kind.FLOATS:
      return { kind: "floats", value: proto.floats };
    case Kind.STRINGS:
      return { kind: "strings", value: proto.strings.map(text) };
    case Kind.GRAPH:
      if (proto.g !== undefined) return { kind: "graph", value: readBranch(proto.g) };
      break;
    case Kind.TENSOR:
      if (proto.t !== undefined) return { kind: "tensor", value: widen(toTensor(proto.t)) };
  }
  throw unsupported(
    { op: node.opType, domain: node.domain, name },
    `its attribute "${proto.name}" is not supported`,
  );
}

/** A graph inside a node; values of the graph around it may be read in it. */
function readBranch(graph: GraphProto): Branch {
  return {
    nodes: graph.node.map(readNode),
    initializers: readInitializers(graph, undefined),
    outputs: graph.output.map(({ name }) => name),
  };
}

const QUANTISED =
  /^(DynamicQuantize|Quantize|Dequantize|QLinear|MatMulInteger|MatMulNBits|ConvInteger|QAttention|DynamicQuantizeMatMul|GatherBlockQuantized)/;

const BRANCHING = /^(If|Loop|Scan)$/;

/** The error for a node that cannot be imported; names operator and node. */
export function unsupported(
  node: Pick<Node, "op" | "domain" | "name">,
  problem?: string,
): UserError {
  const operator = node.domain === "" ? node.op : `${node.domain}.${node.op}`;
  const quantised = QUANTISED.test(node.op);
  const reason = quantised
    ? "the model is quantised"
    : (problem ?? "the operator is not supported");
  const hint = quantised
    ? "use the float32 or fp16 file of the model (onnx/model.onnx)"
    : BRANCHING.test(node.op)
      ? "export the encoder again with torch.onnx.export(…, dynamo=True), which leaves no control flow that depends on texts"
      : "export the encoder again without optimisation, with opset 14 to 20";
  return new UserError("unsupported-operator", `${operator} "${node.name}": ${reason}`, { hint });
}
