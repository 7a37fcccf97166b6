import { create } from "@bufbuild/protobuf";
import {
  AttributeProto_AttributeType,
  AttributeProtoSchema,
  type NodeProto,
  NodeProtoSchema,
  type TensorProto,
} from "onnx-buf";
import { invariant } from "../../errors/internal.js";
import type { Tensor } from "../../math/tensor.js";
import { elementType } from "../../onnx/element-type.js";
import type { ModelProto } from "../../onnx/model.js";
import { fromTensor, toTensor } from "../../onnx/tensor-proto.js";

interface QuantizeOptions {
  /** 8: weights from −127 to 127; 7: from −63 to 63. */
  readonly bits: 7 | 8;
}

/** Tables with fewer rows are left alone: they are small, and positions matter in every text. */
const LEAST_ROWS = 1024;

/** Nodes of the head are few and decide the direction of the embedding: they stay in float32. */
const HEAD = "embtune/head";

/**
 * Dynamic 8-bit quantisation, as a rewrite of the graph.
 * MatMul by a weight W [K,N]: W ≈ s_n·Q with Q int8 symmetric and one scale a column, s_n = max|W_·n| / 127; the input is
 * quantised as it comes (DynamicQuantizeLinear: x ≈ a·(u − z), u uint8), so x·W ≈ a·s_n·Σ_k (u_k − z)·Q_kn, which is MatMulInteger.
 * A look-up in a large table [V,H] takes int8 rows with one scale a row. Both are the patterns that ONNX Runtime fuses.
 * All other nodes stay as they are.
 */
export function quantize(model: ModelProto, options: QuantizeOptions): ModelProto {
  const { graph } = model;
  invariant(graph !== undefined, "a model without a graph");
  const state = openState(graph.initializer, options);
  const node = graph.node.flatMap((original) => rewrite(original, state));
  const read = new Set([...node.flatMap(({ input }) => input), ...graph.output.map((o) => o.name)]);
  const initializer = [...graph.initializer, ...state.added].filter(({ name }) => read.has(name));
  return { ...model, graph: { ...graph, node, initializer, valueInfo: [] } };
}

interface State {
  readonly weights: ReadonlyMap<string, TensorProto>;
  readonly options: QuantizeOptions;
  readonly added: TensorProto[];
  /** Weights whose quantised form has been added. */
  readonly done: Set<string>;
  /** Values that are quantised already: one DynamicQuantizeLinear serves query, key and value. */
  readonly inputs: Set<string>;
}

function openState(initializers: readonly TensorProto[], options: QuantizeOptions): State {
  const matrices = initializers.filter(
    ({ dims, dataType }) => dims.length === 2 && dataType === elementType("float32"),
  );
  const weights = new Map(matrices.map((proto) => [proto.name, proto]));
  return { weights, options, added: [], done: new Set(), inputs: new Set() };
}

function rewrite(node: NodeProto, state: State): NodeProto[] {
  if (node.name.startsWith(HEAD)) return [node];
  const weight = (i: number): TensorProto | undefined => state.weights.get(node.input[i] ?? "");
  const matrix = node.opType === "MatMul" ? weight(1) : undefined;
  if (matrix !== undefined) return productNodes(node, matrix, state);
  const table = node.opType === "Gather" ? weight(0) : undefined;
  const large = table !== undefined && Number(table.dims[0]) >= LEAST_ROWS;
  return large && axisOf(node) === 0 ? lookupNodes(node, table, state) : [node];
}

function axisOf(node: NodeProto): number {
  return Number(node.attribute.find(({ name }) => name === "axis")?.i ?? 0);
}

function productNodes(node: NodeProto, weight: TensorProto, state: State): NodeProto[] {
  const [x = ""] = node.input;
  const [y = ""] = node.output;
  const { values, scales } = names(weight);
  addOnce(weight, state, () => {
    const { matrix, scale } = quantizedColumns(toTensor(weight), state.options.bits);
    return [fromTensor(values, matrix), fromTensor(scales, scale)];
  });
  const quantized = [`${x}_quantized`, `${x}_scale`, `${x}_zero_point`] as const;
  const nodes: NodeProto[] = [];
  if (!state.inputs.has(x)) {
    state.inputs.add(x);
    nodes.push(operation("DynamicQuantizeLinear", [x], quantized));
  }
  const [u, a, z] = quantized;
  return [
    ...nodes,
    operation("MatMulInteger", [u, values, z], [`${y}_int32`], node.name),
    cast(`${y}_int32`, `${y}_float`),
    operation("Mul", [a, scales], [`${y}_scales`]),
    operation("Mul", [`${y}_float`, `${y}_scales`], [y]),
  ];
}

function lookupNodes(node: NodeProto, table: TensorProto, state: State): NodeProto[] {
  const [, indices = ""] = node.input;
  const [y = ""] = node.output;
  const { values, scales } = names(table);
  addOnce(table, state, () => {
    const { matrix, scale } = quantizedRows(toTensor(table));
    return [fromTensor(values, matrix), fromTensor(scales, scale)];
  });
  return [
    operation("Gather", [values, indices], [`${y}_int8`], node.name),
    cast(`${y}_int8`, `${y}_float`),
    operation("Gather", [scales, indices], [`${y}_scales`]),
    operation("Mul", [`${y}_float`, `${y}_scales`], [y]),
  ];
}

const names = ({ name }: TensorProto) => ({ values: `${name}_quantized`, scales: `${name}_scale` });

function addOnce({ name }: TensorProto, state: State, make: () => TensorProto[]): void {
  if (state.done.has(name)) return;
  state.done.add(name);
  state.added.push(...make());
}

/** W [K,N] → Q int8 [K,N] and scales [N]. */
function quantizedColumns(weight: Tensor, bits: 7 | 8): { matrix: Tensor; scale: Tensor } {
  const [K = 0, N = 0] = weight.shape;
  const data = weight.data as Float32Array;
  const most = bits === 8 ? 127 : 63;
  const scale = new Float32Array(N);
  for (let i = 0; i < data.length; i++) {
    const n = i % N;
    scale[n] = Math.max(scale[n], Math.abs(data[i]) / most);
  }
  const q = Int8Array.from(data, (x, i) => rounded(x, scale[i % N]));
  return {
    matrix: { dtype: "int8", shape: [K, N], data: q },
    scale: { dtype: "float32", shape: [N], data: scale },
  };
}

/** E [V,H] → Q int8 [V,H] and scales [V,1]. */
function quantizedRows(table: Tensor): { matrix: Tensor; scale: Tensor } {
  const [V = 0, H = 0] = table.shape;
  const data = table.data as Float32Array;
  const scale = new Float32Array(V);
  for (let i = 0; i < data.length; i++) {
    const v = Math.floor(i / H);
    scale[v] = Math.max(scale[v], Math.abs(data[i]) / 127);
  }
  const q = Int8Array.from(data, (x, i) => rounded(x, scale[Math.floor(i / H)]));
  return {
    matrix: { dtype: "int8", shape: [V, H], data: q },
    scale: { dtype: "float32", shape: [V, 1], data: scale },
  };
}

function rounded(x: number, scale: number): number {
  return scale === 0 ? 0 : Math.round(x / scale);
}

function operation(
  opType: string,
  input: readonly string[],
  output: readonly string[],
  name = `${output[0]}/${opType}`,
): NodeProto {
  return create(NodeProtoSchema, { opType, name, input: [...input], output: [...output] });
}

function cast(from: string, to: string): NodeProto {
  const node = operation("Cast", [from], [to]);
  node.attribute.push(
    create(AttributeProtoSchema, {
      name: "to",
      type: AttributeProto_AttributeType.INT,
      i: BigInt(elementType("float32")),
    }),
  );
  return node;
}
