import type { UpdateOutcome } from "../../runtime/runtime.js";
import type { TextBatch } from "../batches/batch-maker.js";
import type { Feeds } from "../batches/head-feeds.js";
import type { LossGraph, LossRun } from "./loss-graph.js";

/** A batch ready for an update. */
export interface StepBatch {
  readonly texts: TextBatch;
  /** Inputs of the objective: vectors or slots of each role of vectors, and constants. */
  readonly feeds: Feeds;
  /** Tokens that go through the encoder. */
  readonly tokens: number;
}

/** How gradients of a batch are found. */
export interface UpdateMethod<Batch extends StepBatch> {
  /** Inputs that can be made before the batch's turn comes, when its feeds are not yet known to the end. */
  readonly ready: (batch: Batch) => Promise<Feeds>;
  /** One update on the batch. */
  readonly step: (
    batch: Batch,
    ready: Feeds,
    learningRate: number,
  ) => Promise<LossRun & UpdateOutcome>;
  /** Adds the gradients of the batch to those of the update to come. */
  readonly accumulate: (batch: Batch, ready: Feeds) => Promise<LossRun>;
}

/** Gradients of a whole batch in one run. `ready` gives the inputs of the graph beside the objective's. */
export function plainUpdate<Batch extends StepBatch>(
  graph: LossGraph,
  ready: (batch: Batch) => Promise<Feeds> = async () => ({}),
): UpdateMethod<Batch> {
  return {
    ready,
    step: ({ feeds }, more, learningRate) => graph.step({ ...more, ...feeds }, learningRate),
    accumulate: ({ feeds }, more) => graph.accumulate({ ...more, ...feeds }),
  };
}
