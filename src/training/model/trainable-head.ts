import type { Gradients } from "../../autodiff/value-and-grad.js";
import type { PlannedBatch } from "../../dataset/batches/sampler.js";
import { type HeadSpec, headParameters } from "../../encoder/head.js";
import type { HeadSide } from "../../encoder/step/head-part.js";
import { internal } from "../../errors/internal.js";
import type { Embed } from "../../evaluation/metric.js";
import { mean } from "../../math/statistics.js";
import { type Matrix, matrixTensor, type Tensor } from "../../math/tensor.js";
import { ADAMW_DEFAULTS } from "../../optim/adamw.js";
import type { Runtime, TrainerParameter } from "../../runtime/runtime.js";
import type { Feeds, HeadBatch } from "../batches/head-feeds.js";
import { runQueued, type TaskQueues } from "./candidate-queue.js";
import { type HeadStep, headForwardGraph, headStepGraph } from "./head-graph.js";
import { furtherOutputs, lossGraphs } from "./loss-graph.js";
import type { Trainable } from "./trainable.js";

/** The frozen encoder: vectors [n,E] of n texts. */
export type Encode = (texts: readonly string[]) => Promise<Matrix>;

export interface TrainableHeadOptions {
  readonly runtime: Runtime;
  /** The step of each group; all have the same head. */
  readonly steps: readonly [HeadStep, ...HeadStep[]];
  /** Start values of the head's parameters. */
  readonly start: ReadonlyMap<string, Tensor>;
  /** Start values of the objective's own parameters, by name. */
  readonly scalars: ReadonlyMap<string, Tensor>;
  readonly weightDecay: number;
  readonly maxGradNorm: number;
  /** Rate of the objective's own parameters, as a multiple of the step's rate. */
  readonly scalarRate: number;
  /** All inputs of an update on these rows of data, but the queue. */
  readonly prepare: (planned: PlannedBatch) => HeadBatch;
  /** Candidates of earlier batches, where an objective uses them. */
  readonly queues?: TaskQueues;
  readonly encode: Encode;
}

/** A projection head that learns on the vectors of a frozen encoder. */
export async function createTrainableHead(
  options: TrainableHeadOptions,
): Promise<Trainable<readonly HeadBatch[]>> {
  const { runtime, steps, queues } = options;
  const [{ head, headSide }] = steps;
  const models = steps.map(headStepGraph).map((step) => ({ ...step, outputs: [] }));
  const [main] = models as [(typeof models)[0]];
  const trainer = await runtime.createTrainer({
    model: main.model,
    loss: main.loss,
    parameters: trainerParameters(options, main.gradients),
    optimizer: { ...ADAMW_DEFAULTS, weightDecay: options.weightDecay },
    maxGradNorm: options.maxGradNorm,
    outputs: furtherOutputs(main),
  });
  const graphs = await lossGraphs(trainer, models);
  const forward = await openHead(runtime, head);
  const graphOf = ({ texts: { group } }: HeadBatch) =>
    graphs[group] ?? internal(`group ${group} has no graph`);
  const step = async (batch: HeadBatch, learningRate: number) => {
    const { loss, gradNorm, finite } = await runQueued(
      queues?.of(batch.texts.group),
      batch,
      (feeds) => graphOf(batch).step(feeds, learningRate),
    );
    return { loss, losses: [loss], gradNorm, finite, tokens: 0 };
  };
  const accumulated = async (batches: readonly HeadBatch[], learningRate: number) => {
    const losses: number[] = [];
    for (const batch of batches) {
      const run = graphOf(batch).accumulate;
      losses.push((await runQueued(queues?.of(batch.texts.group), batch, run)).loss);
    }
    const loss = mean(losses);
    const outcome = await trainer.update({ learningRate, loss, scale: 1 / batches.length });
    return { ...outcome, loss, losses, tokens: 0 };
  };
  return {
    prepare: (planned) => planned.map(options.prepare),
    update: async (batches, learningRate) => {
      const [first, ...rest] = batches;
      if (first !== undefined && rest.length === 0) return step(first, learningRate);
      return accumulated(batches, learningRate);
    },
    embed: headEmbed(options.encode, headSide, async (x) =>
      forward.apply(x, await trainer.parameters()),
    ),
    write: (path, parts) => trainer.write(path, parts),
    buffers: () => queues?.tensors() ?? new Map(),
    parameters: () => trainer.parameters(),
    restore: async (weights, at) => {
      queues?.restore(weights.buffers ?? new Map());
      await trainer.restore({ ...weights, step: at });
    },
    load: (parameters) => trainer.load(parameters),
    release: async () => {
      await forward.release();
      await trainer.release();
    },
  };
}

/** A head that can be applied to vectors [n,E]; parameters come with each call. */
export interface OpenHead {
  readonly apply: (x: Matrix, parameters: ReadonlyMap<string, Tensor>) => Promise<Matrix>;
  readonly release: () => Promise<void>;
}

/** Loads the graph of a head. */
export async function openHead(runtime: Runtime, head: HeadSpec): Promise<OpenHead> {
  const session = await runtime.createSession(headForwardGraph(head));
  const names = headParameters(head).map(({ name }) => name);
  return {
    apply: async (x, parameters) => {
      const feeds: Feeds = { x: matrixTensor(x) };
      for (const name of names) {
        feeds[name] = parameters.get(name) ?? internal(`no value for the head's "${name}"`);
      }
      const { y } = await session.run(feeds);
      if (y === undefined) internal("the head's graph has no output y");
      return { rows: x.rows, cols: head.outputDim, data: y.data as Float32Array };
    },
    release: () => session.release(),
  };
}

/** Embeds with the encoder, then the head; with `query` documents keep the encoder's vectors. */
export function headEmbed(
  encode: Encode,
  headSide: HeadSide,
  apply: (x: Matrix) => Promise<Matrix>,
): Embed {
  return async (texts, side) => {
    const vectors = await encode(texts);
    return headSide === "query" && side === "document" ? vectors : apply(vectors);
  };
}

function trainerParameters(
  options: TrainableHeadOptions,
  gradients: Gradients,
): TrainerParameter[] {
  const head = headParameters(options.steps[0].head).map(({ name, decay }) => {
    const tensor = options.start.get(name) ?? internal(`no start value for ${name}`);
    return { ...parameterStart(name, tensor, gradients), decay, learningRateScale: 1 };
  });
  const own = [...options.scalars].map(([name, tensor]) => ({
    ...parameterStart(name, tensor, gradients),
    decay: false,
    learningRateScale: options.scalarRate,
  }));
  return [...head, ...own];
}

/** The gradient of the main graph; parameters of other groups have theirs in further graphs. */
function parameterStart(name: string, tensor: Tensor, gradients: Gradients) {
  const gradient = gradients.get(name);
  return {
    name,
    gradient,
    shape: tensor.shape,
    data: tensor.data as Float32Array,
  };
}
