import type { Gradient } from "../../autodiff/value-and-grad.js";
import { attentionGroups } from "../../encoder/step/attention-groups.js";
import { evaluateDim } from "../../graph/dimension.js";
import { importModel } from "../../graph/import.js";
import type { Graph } from "../../graph/ir.js";
import { sizeOf, type Tensor } from "../../math/tensor.js";

/** Bytes that training takes, known before any of it is allocated. */
export interface MemoryPlan {
  /** Values of the trained tensors. */
  readonly trained: number;
  /** Weights of the model that stay. */
  readonly frozen: number;
  /**
   * Copies. Of weights that stay: the runtime packs a matrix once for each product it stands in, and keeps another for evaluations, while
   * the file's bytes and what is parsed of them are held beside it for as long as that one is opened. Of trained tensors: their start
   * values, the best so far, and those that are being written. Measured by bench/lora-memory.js.
   */
  readonly copies: number;
  /** Gradients and both moments of AdamW. */
  readonly optimizer: number;
  /** The most that intermediate results of a step take at one time. */
  readonly activations: number;
}

/** A model that is run in training. */
interface PlannedStep {
  readonly model: Uint8Array;
  readonly parameters: readonly {
    readonly shape: readonly number[];
    readonly gradient: Gradient;
  }[];
}

/** The sizes of a step's inputs by the names of its dimensions. */
type Sizes = Readonly<Record<string, number>>;

/**
 * Memory of steps on inputs of these sizes. Activations are found by walking through the graph in its order: a result takes
 * space from the node that makes it to the last that reads it. Dense gradients are written to the optimizer's memory.
 */
export function memoryPlan(step: PlannedStep, sizes: Sizes): MemoryPlan {
  const graph = importModel(step.model);
  const trained = 4 * step.parameters.reduce((sum, { shape }) => sum + sizeOf(shape), 0);
  const weights = [...graph.initializers.values()];
  const frozen = weights.reduce((sum, { data }) => sum + data.byteLength, 0);
  const elsewhere = step.parameters.flatMap(({ gradient }) =>
    gradient.kind === "dense" ? [gradient.name] : [],
  );
  return {
    trained,
    frozen,
    copies: OPENING * frozen + packedAgain(graph) + KEPT * trained,
    optimizer: 3 * trained,
    activations: peakBytes(graph, sizes, new Set(elsewhere)),
  };
}

/** The session of evaluations, the bytes of its model and what is parsed of them. */
const OPENING = 3;

/** Start values, the best so far, those being written. */
const KEPT = 3;

/** Bytes of matrices for each product that they stand in beyond the first. */
function packedAgain(graph: Graph): number {
  const products = graph.nodes.filter(({ op }) => op === "Gemm" || op === "MatMul");
  const uses = products.flatMap(({ inputs }) => graph.initializers.get(inputs[1]) ?? []);
  const distinct = new Set(uses);
  const sum = (tensors: Iterable<Tensor>): number =>
    [...tensors].reduce((total, { data }) => total + data.byteLength, 0);
  return sum(uses) - sum(distinct);
}

/** What a batch of rows is made of. */
interface RowSizes {
  readonly rows: number;
  /** K: explicit negatives of a row. */
  readonly negatives: number;
  /** Q: candidates of earlier batches; default 0. */
  readonly queue?: number;
}

/** Sizes of a step on vectors. */
export function vectorSizes({ rows, negatives, queue = 0 }: RowSizes): Sizes {
  const N = rows * (1 + negatives) + queue;
  return { B: rows, rows, K: negatives, BK: rows * negatives, Q: queue, N };
}

/** Sizes of a step on texts of so many tokens each. */
export function textSizes(lengths: readonly number[], rows: RowSizes): Sizes {
  const T = Math.max(0, ...lengths);
  const R = lengths.reduce((sum, length) => sum + length, 0);
  const { groups } = attentionGroups(lengths);
  return { ...vectorSizes(rows), B: lengths.length, T, S: T, R, G: groups };
}

/** The most bytes of node outputs that are needed at the same time, without those that are kept `elsewhere`. */
function peakBytes(graph: Graph, sizes: Sizes, elsewhere: ReadonlySet<string>): number {
  const last = new Map<string, number>();
  graph.nodes.forEach(({ inputs }, i) => {
    for (const name of inputs) last.set(name, i);
  });
  for (const name of graph.outputs) last.set(name, graph.nodes.length);
  const outputs = graph.nodes.flatMap((node) => node.outputs);
  const made = new Set(outputs.filter((name) => last.has(name) && !elsewhere.has(name)));
  let held = 0;
  let peak = 0;
  graph.nodes.forEach(({ inputs, outputs }, i) => {
    for (const name of outputs) if (made.has(name)) held += bytesOf(graph, name, sizes);
    peak = Math.max(peak, held);
    for (const name of new Set(inputs)) {
      if (made.has(name) && last.get(name) === i) held -= bytesOf(graph, name, sizes);
    }
  });
  return peak;
}

const ELEMENT_BYTES: Readonly<Record<string, number>> = {
  float64: 8,
  int64: 8,
  float16: 2,
  int8: 1,
  uint8: 1,
  bool: 1,
};

/** Bytes of a value; 0 where a size is not known before the step runs. */
function bytesOf(graph: Graph, name: string, sizes: Sizes): number {
  const type = graph.types.get(name);
  if (type === undefined) return 0;
  const elements = type.shape.reduce<number>(
    (product, dim) => product * (evaluateDim(dim, sizes) ?? 0),
    1,
  );
  return elements * (ELEMENT_BYTES[type.dtype] ?? 4);
}
