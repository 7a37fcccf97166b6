import { invariant } from "../../errors/internal.js";
import type { UserError } from "../../errors/user-error.js";

/** The batches of one epoch, and the rows that no legal batch could take. */
export interface EpochPlan {
  /** Row numbers of each batch. */
  readonly batches: readonly Int32Array[];
  readonly unused: Int32Array;
}

/** A way to make batches: a pure function of (seed, epoch), so that any place in a run can be found again. */
export interface Sampler {
  plan(epoch: number): EpochPlan;
}

/** Where a run stands: the next batch is number `batch` (0-based) of `epoch` (0-based). JSON-serialisable. */
export interface SamplerState {
  readonly epoch: number;
  readonly batch: number;
}

/** One batch and its place. */
export interface PlannedBatch extends SamplerState {
  readonly rows: Int32Array;
}

/** Walks through the epochs without end. */
export interface BatchCursor {
  next(): PlannedBatch;
  /** The place of the batch that `next` will give. */
  state(): SamplerState;
}

/** A cursor at the beginning, or where `state` says. */
export function batchCursor(
  sampler: Sampler,
  state: SamplerState = { epoch: 0, batch: 0 },
): BatchCursor {
  let { epoch, batch } = state;
  let batches = sampler.plan(epoch).batches;
  const settle = (): void => {
    if (batch < batches.length) return;
    epoch += 1;
    batch = 0;
    batches = sampler.plan(epoch).batches;
  };
  return {
    next: () => {
      settle();
      const rows = batches[batch];
      invariant(rows !== undefined, `epoch ${epoch} has no batch ${batch}`);
      batch += 1;
      return { epoch, batch: batch - 1, rows };
    },
    state: () => {
      settle();
      return { epoch, batch };
    },
  };
}

/** Batches in an epoch. It may differ by a few between epochs, since rows that cannot meet fall into different batches. */
export function stepsPerEpoch(sampler: Sampler, epoch = 0): number {
  return sampler.plan(epoch).batches.length;
}

/** Batches in the first `epochs` epochs; a fraction counts its share of the last epoch, rounded up. */
export function stepsInEpochs(sampler: Sampler, epochs: number): number {
  let steps = 0;
  for (let epoch = 0; epoch < epochs; epoch++) {
    steps += Math.ceil(Math.min(1, epochs - epoch) * stepsPerEpoch(sampler, epoch));
  }
  return steps;
}

/** Keeps the plan of the epoch asked for last, and refuses data of which no batch can be made. */
export function plannedOnce(plan: (epoch: number) => EpochPlan, refusal: () => UserError): Sampler {
  let kept: { readonly epoch: number; readonly plan: EpochPlan } | undefined;
  const sampler = {
    plan: (epoch: number): EpochPlan => {
      if (kept?.epoch !== epoch) kept = { epoch, plan: plan(epoch) };
      if (kept.plan.batches.length === 0) throw refusal();
      return kept.plan;
    },
  };
  sampler.plan(0);
  return sampler;
}
