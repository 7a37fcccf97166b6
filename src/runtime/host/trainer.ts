import { internal, invariant } from "../../errors/internal.js";
import { UserError } from "../../errors/user-error.js";
import { fileError } from "../../files/files.js";
import { writeTensors } from "../../files/tensor-file.js";
import type { Tensor } from "../../math/tensor.js";
import { adamWUpdate } from "../../optim/adamw.js";
import { followAverages } from "../../optim/average.js";
import { clipFactor } from "../../optim/clip.js";
import { clearRows, gradientNorm } from "../../optim/gradient.js";
import {
  allocateParameters,
  type ParameterBlock,
  type ParameterMemory,
} from "../../optim/parameter-memory.js";
import type {
  GradientSpec,
  SessionOptions,
  StepResult,
  StoredTensors,
  Tensors,
  TrainerSpec,
  TrainerState,
  UpdateOptions,
  UpdateOutcome,
} from "../types.js";
import {
  type Accumulation,
  accumulate,
  boundTo,
  checkOutputs,
  emptyAccumulation,
  type GradientGraph,
} from "./gradient-graph.js";
import type { Ort } from "./onnxruntime.js";
import { type HostSession, openSession } from "./session.js";

/** A trainer in the worker. `updates` and `graphs` are its only state outside the kernel's memory and the sums. */
export interface HostTrainer {
  readonly ort: Ort;
  readonly threads: number;
  readonly settings: Pick<TrainerSpec, "loss" | "optimizer" | "maxGradNorm" | "average">;
  readonly memory: ParameterMemory;
  readonly sums: Accumulation;
  /** The graph of the trainer's spec, then those added. */
  readonly graphs: GradientGraph[];
  updates: number;
}

/** Options for graphs with a backward pass. */
const TRAINING = { optimization: "basic", memoryPattern: false } as const;

/**
 * Loads the training graph with its parameters bound to the kernel's memory: they are fed without a copy, and dense
 * gradients are written where the optimizer reads them.
 */
export async function openTrainer(
  ort: Ort,
  spec: TrainerSpec,
  threads: number,
): Promise<HostTrainer> {
  const { loss, optimizer, maxGradNorm, average, parameters, outputs = [] } = spec;
  const memory = allocateParameters(
    parameters.map((p) => ({ ...p, sparse: p.sparse ?? p.gradient?.kind === "sparse" })),
    { averaged: average !== undefined },
  );
  const trainer: HostTrainer = {
    ort,
    threads,
    settings: { loss, optimizer, maxGradNorm, average },
    memory,
    sums: emptyAccumulation(memory),
    graphs: [],
    updates: 0,
  };
  const gradients = new Map(
    parameters.flatMap(({ name, gradient }) => (gradient === undefined ? [] : [[name, gradient]])),
  );
  const { model } = spec;
  await addGraph(trainer, { model, gradients, outputs: [loss, ...outputs] });
  return trainer;
}

/** Loads a further graph that computes gradients; returns its number. */
export async function addGraph(trainer: HostTrainer, spec: GradientSpec): Promise<number> {
  const { model, gradients, outputs } = spec;
  const host = await openBound(trainer, model, TRAINING);
  const graph = { host, gradients, outputs };
  try {
    for (const name of gradients.keys()) {
      invariant(name in host.bound, `the training graph has no input for parameter "${name}"`);
    }
    checkOutputs(graph);
  } catch (error) {
    await host.session.release();
    throw error;
  }
  trainer.graphs.push(graph);
  return trainer.graphs.length - 1;
}

/** Loads a model whose inputs with the names of parameters are always fed from the trainer's memory. */
export async function openBound(
  { ort, threads, memory }: HostTrainer,
  model: Uint8Array | string,
  options: SessionOptions,
): Promise<HostSession> {
  const opened = await openSession(ort, model, { ...options, threads });
  try {
    return boundTo(opened, memory);
  } catch (error) {
    await opened.session.release();
    throw error;
  }
}

/** One update; see `Trainer.step`. */
export async function trainStep(
  trainer: HostTrainer,
  feeds: Tensors,
  learningRate: number,
): Promise<StepResult> {
  const start = performance.now();
  const { [trainer.settings.loss]: lossTensor, ...outputs } = await addGradients(trainer, {
    graph: 0,
    feeds,
  });
  const loss = Number(lossTensor?.data[0]);
  const outcome = update(trainer, { learningRate, loss });
  return { loss, ...outcome, outputs, milliseconds: performance.now() - start };
}

/** Runs a graph and keeps its gradients for the update to come; returns its other outputs. */
export function addGradients(
  { graphs, sums }: HostTrainer,
  { graph, feeds }: { readonly graph: number; readonly feeds: Tensors },
): Promise<Tensors> {
  return accumulate(graphs[graph] ?? internal(`the trainer has no graph ${graph}`), sums, feeds);
}

/** AdamW with the gradients kept; see `Trainer.update`. */
export function update(trainer: HostTrainer, options: UpdateOptions): UpdateOutcome {
  const { memory, sums, settings } = trainer;
  const { learningRate, loss, scale = 1 } = options;
  for (const block of memory.blocks) {
    if (block.spec.sparse)
      sums.touched.set(block.spec.name, sums.touched.get(block.spec.name) ?? []);
    else if (!sums.filled.has(block.spec.name)) block.gradient.fill(0);
  }
  const gradNorm = scale * gradientNorm(memory, sums.touched);
  const finite = Number.isFinite(loss) && Number.isFinite(gradNorm);
  if (finite) {
    trainer.updates += 1;
    const gradientScale = scale * clipFactor(gradNorm, settings.maxGradNorm);
    const step = { step: trainer.updates, learningRate, gradientScale };
    adamWUpdate(memory, settings.optimizer, step, sums.touched);
    if (settings.average !== undefined)
      followAverages(memory.blocks, settings.average, trainer.updates);
  }
  for (const block of memory.blocks) clearRows(block, sums.touched.get(block.spec.name) ?? []);
  sums.touched.clear();
  sums.filled.clear();
  return { gradNorm, finite };
}

/** Frees the graphs. */
export async function releaseTrainer(trainer: HostTrainer): Promise<void> {
  for (const { host } of trainer.graphs.splice(0)) await host.session.release();
}

/** Copies of one kind of block, by parameter name. */
export function copyOf(trainer: HostTrainer, part: StoredTensors["part"]): Map<string, Tensor> {
  return new Map(
    trainer.memory.blocks.map((block) => {
      const { name, shape } = block.spec;
      return [name, { dtype: "float32", shape: [...shape], data: valuesOf(block, part).slice() }];
    }),
  );
}

function valuesOf(block: ParameterBlock, part: StoredTensors["part"]): Float32Array {
  return block[part] ?? internal(`no ${part} of parameter "${block.spec.name}" is kept`);
}

/** A safetensors file of views of the kernel's memory: nothing is copied on the way to the disk. Returns its SHA-256. */
export async function writeParts(
  { memory }: HostTrainer,
  path: string,
  parts: readonly StoredTensors[],
): Promise<string> {
  const tensors = memory.blocks.flatMap((block) =>
    parts.map(({ part, suffix }) => {
      const { name, shape } = block.spec;
      const tensor: Tensor = { dtype: "float32", shape: [...shape], data: valuesOf(block, part) };
      return [name + suffix, tensor] as const;
    }),
  );
  try {
    return await writeTensors(path, new Map(tensors));
  } catch (error) {
    throw fileError(error, path);
  }
}

export function stateOf(trainer: HostTrainer): TrainerState {
  return {
    step: trainer.updates,
    parameters: copyOf(trainer, "parameter"),
    firstMoments: copyOf(trainer, "firstMoment"),
    secondMoments: copyOf(trainer, "secondMoment"),
    averages: trainer.settings.average === undefined ? undefined : copyOf(trainer, "average"),
  };
}

/** Puts a state in place; checked as a whole before anything is changed. */
export function restoreState(trainer: HostTrainer, state: TrainerState): void {
  const writes = trainer.memory.blocks.flatMap((block) => [
    [block.parameter, stored(state.parameters, block, "value")] as const,
    [block.firstMoment, stored(state.firstMoments, block, "first moment")] as const,
    [block.secondMoment, stored(state.secondMoments, block, "second moment")] as const,
    ...(block.average === undefined
      ? []
      : [[block.average, stored(state.averages ?? new Map(), block, "average")] as const]),
  ]);
  for (const [target, source] of writes) target.set(source);
  trainer.updates = state.step;
}

/** Puts some parameters in place; moments and step count stay. */
export function loadParameters(
  trainer: HostTrainer,
  parameters: ReadonlyMap<string, Tensor>,
): void {
  const blocks = new Map(trainer.memory.blocks.map((block) => [block.spec.name, block]));
  for (const name of parameters.keys()) {
    const block = blocks.get(name);
    if (block === undefined)
      throw new UserError("bad-state", `there is no parameter "${name}" in training`);
    block.parameter.set(stored(parameters, block, "value"));
  }
}

function stored(
  tensors: ReadonlyMap<string, Tensor>,
  block: ParameterBlock,
  what: string,
): Float32Array {
  const { name, shape } = block.spec;
  const tensor = tensors.get(name);
  if (tensor === undefined) {
    throw new UserError("bad-state", `the state has no ${what} of parameter "${name}"`);
  }
  if (tensor.dtype === "float32" && `${tensor.shape}` === `${shape}`) {
    return tensor.data as Float32Array;
  }
  const got = `${tensor.dtype} [${tensor.shape}]`;
  throw new UserError(
    "bad-state",
    `the ${what} of parameter "${name}" is ${got}, expected float32 [${shape}]`,
  );
}
