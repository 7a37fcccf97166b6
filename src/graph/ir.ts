import type { DType, Tensor } from "../math/tensor.js";

/** A dimension: a number, or the name of a size that is only known when the graph runs (`B`, `T`). */
export type Dim = number | string;
export type Shape = readonly Dim[];

/** Type and shape of a tensor that flows through the graph. */
export interface TensorType {
  readonly dtype: DType;
  readonly shape: Shape;
}

/** A named tensor of the graph with its type: what the builder's functions take and return. */
export interface Value extends TensorType {
  readonly name: string;
}

/** A graph inside a node (of If, Loop or Scan), as a model's file has it. Only the importer knows them. */
export interface Branch {
  readonly nodes: readonly Node[];
  readonly initializers: ReadonlyMap<string, Tensor>;
  readonly outputs: readonly string[];
}

/** A node's attribute, tagged by ONNX's attribute type. */
export type Attribute =
  | { readonly kind: "int"; readonly value: number }
  | { readonly kind: "float"; readonly value: number }
  | { readonly kind: "string"; readonly value: string }
  | { readonly kind: "ints"; readonly value: readonly number[] }
  | { readonly kind: "floats"; readonly value: readonly number[] }
  | { readonly kind: "strings"; readonly value: readonly string[] }
  | { readonly kind: "tensor"; readonly value: Tensor }
  | { readonly kind: "graph"; readonly value: Branch };

export type Attributes = Readonly<Record<string, Attribute>>;

export const int = (value: number): Attribute => ({ kind: "int", value });
export const float = (value: number): Attribute => ({ kind: "float", value });
export const ints = (value: readonly number[]): Attribute => ({ kind: "ints", value });
export const string = (value: string): Attribute => ({ kind: "string", value });

/**
 * One operation. `domain` is "" for ONNX's own operators and "com.microsoft" for ONNX Runtime's.
 * Absent optional inputs and outputs are "".
 */
export interface Node {
  readonly op: string;
  readonly domain: string;
  readonly name: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: Attributes;
}

/** A static single-assignment graph: every name is written once, nodes stand in an order that can be run. */
export interface Graph {
  readonly name: string;
  /** Version of ONNX's own operator set. */
  readonly opset: number;
  readonly inputs: Value[];
  readonly outputs: string[];
  readonly initializers: Map<string, Tensor>;
  /** Names of the initializers that the model's file holds as such, and that can be replaced in it; undefined: all. */
  readonly stored?: ReadonlySet<string> | undefined;
  /** Fused operators of the model's file that are written as plain ones here. */
  readonly raised?: readonly string[] | undefined;
  readonly nodes: Node[];
  /** Type of every value that is known: inputs, initializers, node outputs. */
  readonly types: Map<string, TensorType>;
  /**
   * Elements of small computed tensors as far as inference knows them, in row-major order: shapes, and what is
   * computed from them. Initializers are not repeated here.
   */
  readonly contents: Map<string, readonly Dim[]>;
}

/** The operator set that the engine builds in and that imported graphs are normalised to. */
export const OPSET = 20;

/** A graph without content. */
export function emptyGraph(name: string): Graph {
  return {
    name,
    opset: OPSET,
    inputs: [],
    outputs: [],
    initializers: new Map(),
    nodes: [],
    types: new Map(),
    contents: new Map(),
  };
}
