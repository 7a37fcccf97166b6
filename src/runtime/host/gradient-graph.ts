import type { OnnxValue, Tensor as OrtTensor } from "onnxruntime-node";
import type { Gradient } from "../../autodiff/value-and-grad.js";
import { internal, invariant } from "../../errors/internal.js";
import type { Tensor } from "../../math/tensor.js";
import { addRows, type TouchedRows } from "../../optim/gradient.js";
import type { ParameterBlock, ParameterMemory } from "../../optim/parameter-memory.js";
import type { Tensors } from "../types.js";
import { fromOrt } from "./onnxruntime.js";
import { type HostSession, outputOf, runSession } from "./session.js";

/** A loaded graph that computes gradients. */
export interface GradientGraph {
  readonly host: HostSession;
  /** By parameter; those that the graph does not depend on are absent. */
  readonly gradients: ReadonlyMap<string, Gradient>;
  /** What a run returns beside the gradients. */
  readonly outputs: readonly string[];
}

/** Gradients of the update to come, as far as they have been computed: sums over the runs since the last update. */
export interface Accumulation {
  readonly memory: ParameterMemory;
  /** Names of parameters whose dense gradient holds a sum; others hold what was there before. */
  readonly filled: Set<string>;
  /** Rows of sparse gradients that are not zero. */
  readonly touched: Map<string, TouchedRows>;
  /** Where a further dense gradient is written before it is added. */
  readonly scratch: Map<string, Float32Array>;
}

/** An accumulation that holds nothing. */
export function emptyAccumulation(memory: ParameterMemory): Accumulation {
  return { memory, filled: new Set(), touched: new Map(), scratch: new Map() };
}

/** The inputs of the model that are parameters, over the kernel's memory: they are fed without a copy. */
export function boundTo(opened: HostSession, memory: ParameterMemory): HostSession {
  const bound: Record<string, OrtTensor> = {};
  for (const block of memory.blocks) {
    const { name, shape } = block.spec;
    const input = opened.inputs.find((value) => value.name === name);
    if (input === undefined) continue;
    invariant(
      input.dtype === "float32" && `${input.shape}` === `${shape}`,
      `parameter "${name}" has shape [${shape}], the graph's input is ${input.dtype} [${input.shape}]`,
    );
    bound[name] = over(opened, block, block.parameter);
  }
  return { ...opened, bound };
}

/** Checks that the graph has all the outputs, each named once. */
export function checkOutputs({ host, gradients, outputs }: GradientGraph): void {
  const names = [...outputs, ...[...gradients.values()].flatMap(outputsOf)];
  names.forEach((name, i) => {
    invariant(names.indexOf(name) === i, `the output "${name}" is named twice`);
    outputOf(host, name);
  });
}

function outputsOf(gradient: Gradient): string[] {
  return gradient.kind === "dense" ? [gradient.name] : [gradient.indices, gradient.rows];
}

/**
 * Runs the graph and adds its gradients to what has been accumulated. The first dense gradient of a parameter is written by
 * ONNX Runtime where the optimizer reads it. Returns the further outputs.
 */
export async function accumulate(
  graph: GradientGraph,
  sums: Accumulation,
  feeds: Tensors,
): Promise<Tensors> {
  const results = await runSession(graph.host, feeds, fetchesOf(graph, sums));
  for (const block of sums.memory.blocks) {
    const gradient = graph.gradients.get(block.spec.name);
    if (gradient?.kind === "dense") addDense(sums, block);
    if (gradient?.kind === "sparse") addSparse(sums, block, { gradient, results });
  }
  return Object.fromEntries(graph.outputs.map((name) => [name, resultOf(results, name)]));
}

function fetchesOf(graph: GradientGraph, sums: Accumulation): Record<string, OrtTensor | null> {
  const fetches: Record<string, OrtTensor | null> = {};
  for (const name of graph.outputs) fetches[name] = null;
  for (const block of sums.memory.blocks) {
    const gradient = graph.gradients.get(block.spec.name);
    for (const name of gradient === undefined ? [] : outputsOf(gradient)) {
      fetches[name] =
        gradient?.kind === "dense" ? over(graph.host, block, target(sums, block)) : null;
    }
  }
  return fetches;
}

function target({ filled, scratch }: Accumulation, block: ParameterBlock): Float32Array {
  const { name } = block.spec;
  if (!filled.has(name)) return block.gradient;
  const room = scratch.get(name) ?? new Float32Array(block.length);
  scratch.set(name, room);
  return room;
}

function addDense({ filled, scratch }: Accumulation, { spec, gradient }: ParameterBlock): void {
  if (filled.has(spec.name)) {
    const further = scratch.get(spec.name) ?? internal("no room for a further gradient");
    for (let i = 0; i < further.length; i++) gradient[i] = gradient[i] + further[i];
  }
  filled.add(spec.name);
}

interface SparseResult {
  readonly gradient: Gradient & { readonly kind: "sparse" };
  readonly results: Readonly<Record<string, OnnxValue>>;
}

function addSparse(
  sums: Accumulation,
  block: ParameterBlock,
  { gradient, results }: SparseResult,
): void {
  const indices = resultOf(results, gradient.indices).data as BigInt64Array | Int32Array;
  const rows = resultOf(results, gradient.rows).data as Float32Array;
  const touched = addRows(sums.memory, block, { indices, rows });
  const before = sums.touched.get(block.spec.name) ?? [];
  sums.touched.set(
    block.spec.name,
    before.length === 0 ? touched : [...new Set([...before, ...touched])],
  );
}

function resultOf(results: Readonly<Record<string, OnnxValue>>, name: string): Tensor {
  const value = results[name] ?? internal(`the run returned no "${name}"`);
  return fromOrt(name, value);
}

function over({ ort }: HostSession, block: ParameterBlock, data: Float32Array): OrtTensor {
  return new ort.Tensor("float32", data, [...block.spec.shape]);
}
