import type { GraphBuilder } from "../builder.js";
import type { Attributes, Node, Value } from "../ir.js";
import type { GraphIndex } from "../readers-writers.js";
import type { AttentionIndex } from "./attention-index.js";
import type { TextShape, TokenLayout } from "./token-layout.js";

/** A graph with the layouts of the values that depend on token vectors, as far as they are known yet. */
export interface TokenGraph extends GraphIndex {
  /** [B, T] */
  readonly text: TextShape;
  /** Names of the values that depend on token vectors. */
  readonly tokens: ReadonlySet<string>;
  readonly layouts: ReadonlyMap<string, TokenLayout>;
}

/** A packed value that is another one in other axes, or that times a number. */
export interface Unwrapped {
  readonly value: Value;
  readonly scale: number;
}

/**
 * What the steps of a packing are written with. What tokens have is held as rows [R, …], what pairs of tokens have in groups
 * [G, h, S, S].
 */
export interface Emission {
  readonly b: GraphBuilder;
  readonly attention: AttentionIndex;
  /** The packed form of a value that depends on token vectors. */
  readonly packed: (name: string) => Value;
  /** What does not depend on token vectors, for the pairs of places [G, h|1, S, S] of this layout. */
  readonly pairs: (name: string, layout: TokenLayout) => Value;
  /** Whole numbers by place or position as rows [R]. */
  readonly indexRows: (name: string) => Value;
  /** The node with these inputs and attributes in place of its own. */
  readonly append: (node: Node, inputs: readonly (Value | null)[], attributes: Attributes) => Value;
  /** As `append`, for all outputs. */
  readonly appendAll: (
    node: Node,
    inputs: readonly (Value | null)[],
    attributes: Attributes,
  ) => Value[];
  /** Rows in the shape of rows of this layout. */
  readonly reshaped: (rows: Value, layout: TokenLayout) => Value;
  /** The value that these rows were reshaped or scaled from. */
  readonly unwrapped: (rows: Value) => Unwrapped;
  /** The node, applied element by element to values of this layout. */
  readonly elementwise: (node: Node, layout: TokenLayout) => Value;
  /** The product of the numbers that the value is multiplied with at once: what comes out of that is the value itself then. */
  readonly takeFactors: (name: string) => number;
}

/** How a node computes when padding is left out. */
export interface Step {
  /** Of its outputs. */
  readonly layouts: readonly TokenLayout[];
  /** Appends what computes its outputs in packed form. */
  readonly emit: (e: Emission) => readonly Value[];
}

/** The step of a node by its inputs' layouts; undefined where it mixes tokens. */
export type StepRule = (t: TokenGraph, node: Node) => Step | undefined;
