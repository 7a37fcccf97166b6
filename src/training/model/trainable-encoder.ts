import type { PlannedBatch } from "../../dataset/batches/sampler.js";
import type { Encoder } from "../../encoder/encoder.js";
import type { HeadSpec } from "../../encoder/head.js";
import { CACHED_NAMES, type ForwardModel } from "../../encoder/step/cached-step.js";
import type { HeadSide } from "../../encoder/step/head-part.js";
import { internal } from "../../errors/internal.js";
import type { Embed } from "../../evaluation/metric.js";
import { mean } from "../../math/statistics.js";
import { type Matrix, matrixTensor } from "../../math/tensor.js";
import type { Session, Trainer } from "../../runtime/runtime.js";
import type { Feeds } from "../batches/head-feeds.js";
import { type QueuedRun, runQueued, type TaskQueues } from "./candidate-queue.js";
import type { EncoderBatch } from "./encoder-batch.js";
import { headForwardGraph } from "./head-graph.js";
import type { Trainable, UpdateResult } from "./trainable.js";

/** How gradients of a batch are found: `Ready` is what can be made of a batch before its turn comes; its feeds are not yet known. */
export interface UpdateMethod<Ready> {
  readonly ready: (batch: EncoderBatch) => Promise<Ready>;
  /** One update on the batch. */
  readonly step: (
    batch: EncoderBatch,
    ready: Ready,
    learningRate: number,
  ) => Promise<Omit<UpdateResult, "tokens" | "losses"> & QueuedRun>;
  /** Adds the gradients of the batch to those of the update to come. */
  readonly accumulate: (
    batch: EncoderBatch,
    ready: Ready,
  ) => Promise<QueuedRun & { readonly loss: number }>;
}

/** Batches of one update, each with what has been made of it so far. */
export type EncoderBatches = readonly {
  readonly batch: EncoderBatch;
  readonly ready: Promise<unknown>;
}[];

export interface TrainableEncoderOptions {
  readonly trainer: Trainer;
  readonly encoder: Encoder;
  /** Texts → pooled vectors, with the trained weights as inputs and without dropout; its model is handed over to the worker. */
  readonly forward: ForwardModel;
  readonly head: HeadSpec;
  readonly headSide: HeadSide;
  readonly batchOf: (planned: PlannedBatch) => EncoderBatch;
  /** By group. */
  readonly methods: readonly UpdateMethod<unknown>[];
  /** Candidates of earlier batches, where an objective uses them. */
  readonly queues: TaskQueues;
  readonly signal?: AbortSignal | undefined;
  /** Frees what the method holds beside the trainer. */
  readonly release: () => Promise<void>;
}

/** An encoder that learns, or some of its layers or adapters, with a head or without. */
export async function createTrainableEncoder(
  options: TrainableEncoderOptions,
): Promise<Trainable<EncoderBatches>> {
  const { trainer, forward, queues } = options;
  const session = await trainer.createSession(forward.model, {
    memoryPattern: false,
    transfer: true,
  });
  const head = await boundHead(options);
  return {
    prepare: (planned) => planned.map((one) => prepared(options, one)),
    update: (batches, learningRate) => update(options, batches, learningRate),
    embed: embedWith(options, session, head),
    write: (path, parts) => trainer.write(path, parts),
    buffers: () => queues.tensors(),
    parameters: () => trainer.parameters(),
    restore: async (weights, step) => {
      queues.restore(weights.buffers ?? new Map());
      await trainer.restore({ ...weights, step });
    },
    load: (parameters) => trainer.load(parameters),
    release: async () => {
      await head?.release();
      await session.release();
      await options.release();
      await trainer.release();
    },
  };
}

function prepared(options: TrainableEncoderOptions, planned: PlannedBatch) {
  const batch = options.batchOf(planned);
  const ready = methodOf(options, batch).ready(batch);
  // A failure is reported when the batch's turn comes.
  ready.catch(() => undefined);
  return { batch, ready };
}

function methodOf({ methods }: TrainableEncoderOptions, { texts: { group } }: EncoderBatch) {
  return methods[group] ?? internal(`group ${group} has no step`);
}

async function update(
  options: TrainableEncoderOptions,
  batches: EncoderBatches,
  learningRate: number,
): Promise<UpdateResult> {
  const { trainer, queues } = options;
  const tokens = batches.reduce((sum, { batch }) => sum + batch.tokens, 0);
  const [first, ...rest] = batches;
  if (first !== undefined && rest.length === 0) {
    const { batch } = first;
    const ready = await first.ready;
    const { loss, gradNorm, finite } = await runQueued(
      queues.of(batch.texts.group),
      batch,
      (feeds) => methodOf(options, batch).step({ ...batch, feeds }, ready, learningRate),
    );
    return { loss, losses: [loss], gradNorm, finite, tokens };
  }
  const losses: number[] = [];
  for (const { batch, ready } of batches) {
    const made = await ready;
    const run = (feeds: Feeds) => methodOf(options, batch).accumulate({ ...batch, feeds }, made);
    losses.push((await runQueued(queues.of(batch.texts.group), batch, run)).loss);
  }
  const loss = mean(losses);
  const scale = 1 / batches.length;
  return { loss, losses, ...(await trainer.update({ learningRate, loss, scale })), tokens };
}

async function boundHead({ trainer, head }: TrainableEncoderOptions): Promise<Session | undefined> {
  return head.kind === "none" ? undefined : trainer.createSession(headForwardGraph(head));
}

/** Embeds texts as they stand, with the parameters as they are: the sessions read them where the optimizer writes them. */
function embedWith(
  { encoder, head, headSide, signal }: TrainableEncoderOptions,
  session: Session,
  projection: Session | undefined,
): Embed {
  const { embedding } = CACHED_NAMES;
  const run = {
    run: async (feeds: Parameters<Session["run"]>[0]) =>
      (await session.run(feeds, [embedding], { transfer: true }))[embedding] ??
      internal("the encoder's graph has no embedding"),
    inputs: session.inputs.map(({ name }) => name),
    width: head.inputDim,
    normalize: false,
  };
  return async (texts, side) => {
    const vectors = await encoder.encodeWith(run, texts, { signal, prompt: "" });
    const bare = projection === undefined || (headSide === "query" && side === "document");
    return bare ? vectors : project(projection, vectors, head.outputDim);
  };
}

async function project(session: Session, x: Matrix, cols: number): Promise<Matrix> {
  const { y } = await session.run({ x: matrixTensor(x) });
  if (y === undefined) internal("the head's graph has no output y");
  return { rows: x.rows, cols, data: y.data as Float32Array };
}
