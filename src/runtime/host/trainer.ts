import type { OnnxValue, Tensor as OrtTensor } from "onnxruntime-node";
import type { Gradient } from "../../autodiff/value-and-grad.js";
import { internal, invariant } from "../../errors/internal.js";
import { UserError } from "../../errors/user-error.js";
import type { Tensor } from "../../math/tensor.js";
import { adamWUpdate } from "../../optim/adamw.js";
import { clipFactor } from "../../optim/clip.js";
import { addRows, clearRows, gradientNorm, type TouchedRows } from "../../optim/gradient.js";
import {
  allocateParameters,
  type ParameterBlock,
  type ParameterMemory,
} from "../../optim/parameter-memory.js";
import type { StepResult, Tensors, TrainerParameter, TrainerSpec, TrainerState } from "../types.js";
import { fromOrt, type Ort } from "./onnxruntime.js";
import { type HostSession, openSession, outputOf, runSession } from "./session.js";

/** A trainer in the worker. `updates` is its only state outside the kernel's memory. */
export interface HostTrainer {
  readonly settings: Required<Pick<TrainerSpec, "loss" | "optimizer" | "maxGradNorm" | "outputs">>;
  /** One a block of the memory. */
  readonly gradients: readonly Gradient[];
  readonly memory: ParameterMemory;
  readonly host: HostSession;
  /** The loss and further outputs (allocated by ONNX Runtime), dense gradients (in the kernel's memory), sparse ones (allocated). */
  readonly fetches: Readonly<Record<string, OrtTensor | null>>;
  updates: number;
}

/**
 * Loads the training graph with its parameters bound to the kernel's memory: they are fed without a copy, and dense
 * gradients are written where the optimizer reads them.
 */
export async function openTrainer(
  ort: Ort,
  spec: TrainerSpec,
  threads: number,
): Promise<HostTrainer> {
  const memory = allocateParameters(
    spec.parameters.map((p) => ({ ...p, sparse: p.gradient.kind === "sparse" })),
  );
  const options = { threads, optimization: "basic", memoryPattern: false } as const;
  const host = await openSession(ort, spec.model, options);
  try {
    return bind(host, spec, memory);
  } catch (error) {
    await host.session.release();
    throw error;
  }
}

function bind(opened: HostSession, spec: TrainerSpec, memory: ParameterMemory): HostTrainer {
  const { loss, optimizer, maxGradNorm, parameters, outputs = [] } = spec;
  const over = (block: ParameterBlock, data: Float32Array): OrtTensor =>
    new opened.ort.Tensor("float32", data, [...block.spec.shape]);
  const bound = Object.fromEntries(memory.blocks.map((b) => [b.spec.name, over(b, b.parameter)]));
  const gradients = parameters.map((p) => p.gradient);
  const fetches: Record<string, OrtTensor | null> = { [loss]: null };
  for (const name of outputs) fetches[name] = null;
  memory.blocks.forEach((block, i) => {
    const gradient = gradients[i] ?? internal("a block without a gradient");
    for (const name of outputsOf(gradient)) {
      invariant(!(name in fetches), `the output "${name}" is named twice`);
      fetches[name] = gradient.kind === "dense" ? over(block, block.gradient) : null;
    }
  });
  const host = { ...opened, bound };
  checkGraph(host, parameters, Object.keys(fetches));
  const settings = { loss, optimizer, maxGradNorm, outputs };
  return { settings, gradients, memory, host, fetches, updates: 0 };
}

function outputsOf(gradient: Gradient): string[] {
  return gradient.kind === "dense" ? [gradient.name] : [gradient.indices, gradient.rows];
}

function checkGraph(
  host: HostSession,
  parameters: readonly TrainerParameter[],
  outputs: readonly string[],
): void {
  for (const { name, shape } of parameters) {
    const input = host.inputs.find((value) => value.name === name);
    invariant(input !== undefined, `the training graph has no input for parameter "${name}"`);
    invariant(
      input.dtype === "float32" && `${input.shape}` === `${shape}`,
      `parameter "${name}" has shape [${shape}], the graph's input is ${input.dtype} [${input.shape}]`,
    );
  }
  for (const name of outputs) outputOf(host, name);
}

/** One update; see `Trainer.step`. */
export async function trainStep(
  trainer: HostTrainer,
  feeds: Tensors,
  learningRate: number,
): Promise<StepResult> {
  const start = performance.now();
  const results = await runSession(trainer.host, feeds, trainer.fetches);
  const loss = Number(resultOf(results, trainer.settings.loss).data[0]);
  const touched = collectSparse(trainer, results);
  const gradNorm = gradientNorm(trainer.memory, touched);
  const finite = Number.isFinite(loss) && Number.isFinite(gradNorm);
  if (finite) {
    trainer.updates += 1;
    const gradientScale = clipFactor(gradNorm, trainer.settings.maxGradNorm);
    const update = { step: trainer.updates, learningRate, gradientScale };
    adamWUpdate(trainer.memory, trainer.settings.optimizer, update);
  }
  for (const block of trainer.memory.blocks) clearRows(block, touched.get(block.spec.name) ?? []);
  const outputs = Object.fromEntries(
    trainer.settings.outputs.map((name) => [name, resultOf(results, name)]),
  );
  return { loss, gradNorm, finite, outputs, milliseconds: performance.now() - start };
}

function collectSparse(
  trainer: HostTrainer,
  results: Readonly<Record<string, OnnxValue>>,
): Map<string, TouchedRows> {
  const touched = new Map<string, TouchedRows>();
  trainer.memory.blocks.forEach((block, i) => {
    const gradient = trainer.gradients[i];
    if (gradient?.kind !== "sparse") return;
    const indices = resultOf(results, gradient.indices).data as BigInt64Array | Int32Array;
    const rows = resultOf(results, gradient.rows).data as Float32Array;
    touched.set(block.spec.name, addRows(trainer.memory, block, { indices, rows }));
  });
  return touched;
}

function resultOf(results: Readonly<Record<string, OnnxValue>>, name: string): Tensor {
  const value = results[name] ?? internal(`the run returned no "${name}"`);
  return fromOrt(name, value as OrtTensor);
}

/** Copies of one kind of block, by parameter name. */
export function copyOf(
  trainer: HostTrainer,
  part: "parameter" | "firstMoment" | "secondMoment",
): Map<string, Tensor> {
  return new Map(
    trainer.memory.blocks.map((block) => {
      const { name, shape } = block.spec;
      return [name, { dtype: "float32", shape: [...shape], data: block[part].slice() }];
    }),
  );
}

export function stateOf(trainer: HostTrainer): TrainerState {
  return {
    step: trainer.updates,
    parameters: copyOf(trainer, "parameter"),
    firstMoments: copyOf(trainer, "firstMoment"),
    secondMoments: copyOf(trainer, "secondMoment"),
  };
}

/** Puts a state in place; checked as a whole before anything is changed. */
export function restoreState(trainer: HostTrainer, state: TrainerState): void {
  const writes = trainer.memory.blocks.flatMap((block) => [
    [block.parameter, stored(state.parameters, block, "value")] as const,
    [block.firstMoment, stored(state.firstMoments, block, "first moment")] as const,
    [block.secondMoment, stored(state.secondMoments, block, "second moment")] as const,
  ]);
  for (const [target, source] of writes) target.set(source);
  trainer.updates = state.step;
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
