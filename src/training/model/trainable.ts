import type { PlannedBatch } from "../../dataset/batches/sampler.js";
import type { Embed } from "../../evaluation/metric.js";
import type { Tensor } from "../../math/tensor.js";
import type { WeightSource, Weights } from "../run-folder/weights.js";

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
  readonly load: (parameters: ReadonlyMap<string, Tensor>) => Promise<void>;
  readonly release: () => Promise<void>;
}
