import type { PlannedBatch } from "../../dataset/batches/sampler.js";
import type { EncoderInfo } from "../../encoder/encoder.js";
import { headForwardGraph } from "../../encoder/step/head-part.js";
import type { TrainedGroup } from "../../encoder/step/trained-tensors.js";
import { internal } from "../../errors/internal.js";
import { normalizedRows } from "../../evaluation/cosine.js";
import type { Embed } from "../../evaluation/metric.js";
import { mean } from "../../math/statistics.js";
import { type Matrix, matrixTensor, type Tensor } from "../../math/tensor.js";
import type { Trainer } from "../../runtime/runtime.js";
import { type BatchFigures, batchFigures } from "../batches/batch-figures.js";
import type { Feeds } from "../batches/head-feeds.js";
import type { LineStart } from "../model/interpolate.js";
import { type Encode, headEmbed } from "../model/open-head.js";
import type { RunContext } from "../model/run-context.js";
import type { TrainedParts } from "../model/trained-parts.js";
import { averagingOf } from "../options/averaging.js";
import type { WeightSource, Weights } from "../run-folder/weights.js";
import { type GroupQueues, runQueued } from "./candidate-queue.js";
import type { LossRun } from "./loss-graph.js";
import type { StepBatch, UpdateMethod } from "./update-method.js";

/** What one update reports. */
export interface UpdateResult {
  readonly loss: number;
  /** The loss of each batch of the update; `loss` is their mean. */
  readonly losses: readonly number[];
  /** L2 norm of all gradients before clipping. */
  readonly gradNorm: number;
  /** False: loss or norm was not finite, and nothing was changed. */
  readonly finite: boolean;
  /** Tokens that went through the encoder. */
  readonly tokens: number;
  /** Means over the batches of the update. */
  readonly figures?: BatchFigures | undefined;
}

/**
 * The model being trained, whatever part of it is: the loop prepares a batch, updates on it, embeds with what has been
 * learnt so far, and keeps or takes back the weights.
 */
export interface Trainable<Batch = unknown> extends WeightSource {
  /** Makes the inputs of an update on one or more batches of the training data; may run while another update does. */
  readonly prepare: (planned: readonly PlannedBatch[]) => Batch;
  /** One forward and backward pass a batch and one optimizer update. The memory of `batch` may be given away. */
  readonly update: (batch: Batch, learningRate: number) => Promise<UpdateResult>;
  readonly embed: Embed;
  readonly parameters: () => Promise<ReadonlyMap<string, Tensor>>;
  /** Takes back what a checkpoint kept after `step` updates. */
  readonly restore: (weights: Weights, step: number) => Promise<void>;
  /** Takes these parameters, to embed with them; the optimizer's moments stay. */
  readonly load: (parameters: Iterable<readonly [string, Tensor]>) => Promise<void>;
  readonly release: () => Promise<void>;
}

/** A trainable ready to be trained. */
export interface TrainableSetup {
  readonly trainable: Trainable;
  /** What of the encoder is trained; absent while it is frozen. */
  readonly tensors?: readonly TrainedGroup[] | undefined;
  /** Reads what training started from, once it has ended. */
  readonly start: () => Promise<LineStart>;
  /** What the trainable's parameters make of the model. */
  readonly parts: (parameters: ReadonlyMap<string, Tensor>) => TrainedParts;
}

export interface TrainableOptions<Batch extends StepBatch> {
  readonly trainer: Trainer;
  /** All inputs of an update on these rows of data, but the queue and what the method makes ready. */
  readonly batchOf: (planned: PlannedBatch) => Batch;
  /** By group. */
  readonly methods: readonly UpdateMethod<Batch>[];
  /** Candidates of earlier batches, where an objective uses them. */
  readonly queues: GroupQueues;
  /** The encoder's vectors, before the head, with the parameters as they are. */
  readonly encode: Encode;
  /** Frees what is held beside the trainer. */
  readonly release: () => Promise<void>;
}

/** A head that learns, or an encoder, or some of its layers or adapters, with a head or without. */
export async function createTrainable<Batch extends StepBatch>(
  { plan, head, encoder }: Pick<RunContext, "plan" | "head" | "encoder">,
  options: TrainableOptions<Batch>,
): Promise<Trainable> {
  const { trainer, queues } = options;
  // The session reads the head's parameters where the optimizer writes them.
  const bound = head.kind === "none" ? undefined : headForwardGraph(head);
  const projection = bound && (await trainer.createSession(bound));
  const project = async (x: Matrix): Promise<Matrix> => {
    if (projection === undefined) return x;
    const { y } = await projection.run({ x: matrixTensor(x) });
    if (y === undefined) internal("the head's graph has no output y");
    return { rows: x.rows, cols: head.outputDim, data: y.data as Float32Array };
  };
  const trainable: Trainable<readonly Prepared<Batch>[]> = {
    prepare: (planned) =>
      planned.map((one) => {
        const { batch, ready } = prepared(options, one);
        const { objective } = plan.groups[batch.texts.group];
        return { batch, ready, figures: batchFigures(objective, batch.texts) };
      }),
    update: async (batches, learningRate) => {
      const figures = meanFigures(batches.map(({ figures }) => figures));
      return { ...(await update(options, batches, learningRate)), figures };
    },
    embed: withLength(encoder.info, headEmbed(options.encode, plan.settings.headSide, project)),
    write: (path, parts) => trainer.write(path, parts),
    buffers: () => queues.tensors(),
    averaged: averagingOf(plan.settings).kind === "ema",
    parameters: () => trainer.parameters(),
    restore: async (weights, step) => {
      queues.restore(weights.buffers ?? new Map());
      await trainer.restore({ ...weights, step });
    },
    load: (parameters) => trainer.load(parameters),
    release: async () => {
      await projection?.release();
      await options.release();
      await trainer.release();
    },
  };
  // Whoever prepares a batch gives back the same.
  return trainable as Trainable;
}

/** Vectors as the model gives them that is written: of unit length where the base's are, whatever the head made of them. */
function withLength({ normalize }: Pick<EncoderInfo, "normalize">, embed: Embed): Embed {
  if (!normalize) return embed;
  return async (texts, side) => normalizedRows(await embed(texts, side));
}

/** Means of the figures that every batch has. */
function meanFigures(batches: readonly BatchFigures[]): BatchFigures {
  const of = (name: keyof BatchFigures): number | undefined => {
    const values = batches.flatMap((figures) => figures[name] ?? []);
    return values.length < batches.length ? undefined : mean(values);
  };
  return { chance: of("chance"), masked: of("masked") };
}

/** A batch of an update, and what has been made of it so far. */
interface Prepared<Batch> {
  readonly batch: Batch;
  readonly ready: Promise<Feeds>;
  readonly figures: BatchFigures;
}

function prepared<Batch extends StepBatch>(
  { batchOf, methods }: TrainableOptions<Batch>,
  planned: PlannedBatch,
): Omit<Prepared<Batch>, "figures"> {
  const batch = batchOf(planned);
  const ready = methods[batch.texts.group].ready(batch);
  // A failure is reported when the batch's turn comes.
  ready.catch(() => undefined);
  return { batch, ready };
}

async function update<Batch extends StepBatch>(
  options: TrainableOptions<Batch>,
  batches: readonly Prepared<Batch>[],
  learningRate: number,
): Promise<UpdateResult> {
  const tokens = batches.reduce((sum, { batch }) => sum + batch.tokens, 0);
  if (batches.length === 1) {
    const { loss, gradNorm, finite } = await queued(options, batches[0], (method, batch, ready) =>
      method.step(batch, ready, learningRate),
    );
    return { loss, losses: [loss], gradNorm, finite, tokens };
  }
  const losses: number[] = [];
  for (const one of batches) {
    const run = await queued(options, one, (method, ...inputs) => method.accumulate(...inputs));
    losses.push(run.loss);
  }
  const loss = mean(losses);
  const scale = 1 / batches.length;
  const outcome = await options.trainer.update({ learningRate, loss, scale });
  return { ...outcome, loss, losses, tokens };
}

/** Runs the method of the batch's group with what its queue adds. */
async function queued<Batch extends StepBatch, Run extends LossRun>(
  { methods, queues }: TrainableOptions<Batch>,
  { batch, ready }: Prepared<Batch>,
  run: (method: UpdateMethod<Batch>, batch: Batch, ready: Feeds) => Promise<Run>,
): Promise<Run> {
  const { group } = batch.texts;
  const inputs = await ready;
  return runQueued(queues.of(group), batch, (feeds) =>
    run(methods[group], { ...batch, feeds }, inputs),
  );
}
