import { create } from "@bufbuild/protobuf";
import {
  type AttributeProto,
  AttributeProto_AttributeType,
  AttributeProtoSchema,
  type NodeProto,
  NodeProtoSchema,
  type TensorProto,
} from "onnx-buf";
import { invariant } from "../../errors/internal.js";
import { float32, type Tensor } from "../../math/tensor.js";
import { elementType } from "../../onnx/element-type.js";
import type { ModelProto } from "../../onnx/model.js";
import { fromTensor, toTensor } from "../../onnx/tensor-proto.js";
import type { ActivationRanges } from "./activation-ranges.js";
import { readInside } from "./inner-graphs.js";
import { type InputScale, inputScales } from "./input-scale.js";
import { quantizedColumns } from "./quantized-columns.js";
import { LEAST_ROWS, matricesOf, type WeightProduct, weightProducts } from "./weight-products.js";

/** DequantizeLinear has scales along an axis from this opset on. */
const SCALES_BY_AXIS = 13;

/**
 * Static 8-bit quantisation, as a rewrite of the graph. For x·W by a weight W [K,N]: with the smoothing s [K] (`inputScale`), the input
 * x/s is quantised with one scale and zero point that were measured beforehand, u = round(x/s/a) + z in uint8, and the weight
 * s·W ≈ c_n·Q with Q int8, symmetric, one scale a column (`quantizedColumns`); x·W ≈ a·c_n·Σ_k (u_k − z)·Q_kn. What is in a batch beside a text has no part in it.
 * A look-up in a large table [V,H] takes int8 rows with one scale a row. All other nodes stay as they are, and so does what stands inside If, Loop and Scan (`innerReads`). Source of the smoothing:
 * Xiao et al. 2023, SmoothQuant, arXiv 2211.10438.
 */
export function quantize(model: ModelProto, ranges: ActivationRanges): ModelProto {
  const { graph } = model;
  invariant(graph !== undefined, "a model without a graph");
  const state = openState(model, graph, ranges);
  const node = graph.node.flatMap((original) => rewrite(original, state));
  const read = new Set([
    ...node.flatMap(({ input }) => input),
    ...readInside(graph),
    ...graph.output.map(({ name }) => name),
  ]);
  const initializer = [...graph.initializer, ...state.added].filter(({ name }) => read.has(name));
  return { ...model, graph: { ...graph, node, initializer, valueInfo: [] } };
}

interface State {
  /** Matrices that no product quantises by columns. */
  readonly tables: ReadonlyMap<string, TensorProto>;
  readonly products: ReadonlyMap<NodeProto, WeightProduct>;
  /** How each input of a product is quantised. */
  readonly inputs: ReadonlyMap<string, InputScale>;
  readonly byAxis: boolean;
  readonly added: TensorProto[];
  /** What has been added or quantised already: one quantised input serves query, key and value. */
  readonly done: Set<string>;
}

function openState(
  model: ModelProto,
  graph: NonNullable<ModelProto["graph"]>,
  ranges: ActivationRanges,
): State {
  const products = weightProducts(graph);
  const opset = model.opsetImport.find(({ domain }) => domain === "" || domain === "ai.onnx");
  return {
    tables: withoutWeights(matricesOf(graph), products),
    products: new Map(products.map((product) => [product.node, product])),
    inputs: inputScales(products, ranges),
    byAxis: Number(opset?.version ?? 0) >= SCALES_BY_AXIS,
    added: [],
    done: new Set(),
  };
}

function withoutWeights(
  matrices: ReadonlyMap<string, TensorProto>,
  products: readonly WeightProduct[],
): ReadonlyMap<string, TensorProto> {
  const weights = new Set(products.map(({ weight }) => weight.name));
  return new Map([...matrices].filter(([name]) => !weights.has(name)));
}

function rewrite(node: NodeProto, state: State): NodeProto[] {
  const product = state.products.get(node);
  if (product !== undefined) return productNodes(product, state);
  const table = node.opType === "Gather" ? state.tables.get(node.input[0] ?? "") : undefined;
  const large = table !== undefined && Number(table.dims[0]) >= LEAST_ROWS;
  return large && axisOf(node) === 0 ? lookupNodes(node, table, state) : [node];
}

function axisOf(node: NodeProto): number {
  return Number(node.attribute.find(({ name }) => name === "axis")?.i ?? 0);
}

function productNodes({ node, input, weight }: WeightProduct, state: State): NodeProto[] {
  const [y = ""] = node.output;
  const scale = state.inputs.get(input);
  invariant(scale !== undefined, `no range was measured of "${input}"`);
  const { values, scales } = names(weight);
  addOnce(weight.name, state, () => quantizedWeight(weight, scale));
  const before = inputNodes(input, scale, state);
  const [u, a, z] = quantizedInput(input);
  if (!state.byAxis)
    return [
      ...before,
      operation("MatMulInteger", [u, values, z], [`${y}_int32`], node.name),
      cast(`${y}_int32`, `${y}_float`),
      operation("Mul", [scales, a], [`${y}_scales`]),
      operation("Mul", [`${y}_float`, `${y}_scales`], [y]),
    ];
  return [
    ...before,
    operation("DequantizeLinear", [u, a, z], [`${y}_input`]),
    alongColumns(
      operation("DequantizeLinear", [values, scales, `${values}_zero_point`], [`${y}_weight`]),
    ),
    operation("MatMul", [`${y}_input`, `${y}_weight`], [y], node.name),
  ];
}

/** Q, c and the zero points 0 of s·W ≈ c_n·Q, once for all products by W, whose inputs share s. */
function quantizedWeight(weight: TensorProto, scale: InputScale): TensorProto[] {
  const { values, scales } = names(weight);
  const { matrix, scale: columns } = quantizedColumns(smoothed(weight, scale), scale.mean);
  const zeros = new Int8Array(columns.data.length);
  return [
    fromTensor(values, matrix),
    fromTensor(scales, columns),
    fromTensor(`${values}_zero_point`, { dtype: "int8", shape: columns.shape, data: zeros }),
  ];
}

const quantizedInput = (x: string) => [`${x}_quantized`, `${x}_scale`, `${x}_zero_point`] as const;

/** x → u = round(x/s/a) + z, once for all products of x. */
function inputNodes(x: string, scale: InputScale, state: State): NodeProto[] {
  if (state.done.has(x)) return [];
  state.done.add(x);
  const [u, a, z] = quantizedInput(x);
  const factor = `${x}_smoothing`;
  const inverse = scale.smoothing.map((s) => 1 / s);
  state.added.push(
    fromTensor(factor, float32([inverse.length], inverse)),
    fromTensor(a, float32([], [scale.step])),
    fromTensor(z, { dtype: "uint8", shape: [], data: Uint8Array.of(scale.zero) }),
  );
  return [
    operation("Mul", [x, factor], [`${x}_smooth`]),
    operation("QuantizeLinear", [`${x}_smooth`, a, z], [u]),
  ];
}

/** s·W: what is taken out of the input goes into the weight. */
function smoothed(weight: TensorProto, { smoothing }: InputScale): Tensor {
  const tensor = toTensor(weight);
  const columns = tensor.shape[1] ?? 1;
  const data = (tensor.data as Float32Array).map((w, i) => w * smoothing[Math.floor(i / columns)]);
  return { ...tensor, data } as Tensor;
}

function alongColumns(node: NodeProto): NodeProto {
  node.attribute.push(attribute("axis", 1n));
  return node;
}

function lookupNodes(node: NodeProto, table: TensorProto, state: State): NodeProto[] {
  const [, indices = ""] = node.input;
  const [y = ""] = node.output;
  const { values, scales } = names(table);
  addOnce(table.name, state, () => {
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

function addOnce(name: string, state: State, make: () => TensorProto[]): void {
  if (state.done.has(name)) return;
  state.done.add(name);
  state.added.push(...make());
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
  node.attribute.push(attribute("to", BigInt(elementType("float32"))));
  return node;
}

function attribute(name: string, i: bigint): AttributeProto {
  return create(AttributeProtoSchema, { name, type: AttributeProto_AttributeType.INT, i });
}
