import type { EmbeddingCache } from "../encoder/embedding-cache.js";
import type { Encoder } from "../encoder/encoder.js";
import type { HeadSpec } from "../encoder/head.js";
import { internal } from "../errors/internal.js";
import type { Role } from "../objectives/roles.js";
import type { Runtime } from "../runtime/runtime.js";
import { type CandidateQueue, createCandidateQueue } from "./candidate-queue.js";
import type { OnTrainEvent } from "./events.js";
import { type HeadStep, headStepGraph } from "./head-graph.js";
import type { Encode } from "./head-student.js";
import type { OutsideVectors } from "./outside.js";
import { type Gather, outsideRoles } from "./outside-feeds.js";
import type { TrainingPlan } from "./plan.js";

/** How a run is watched and stopped. */
export interface RunControl {
  readonly onEvent: OnTrainEvent;
  readonly signal?: AbortSignal;
}

/** What the parts of a run share. */
export interface Workshop {
  readonly plan: TrainingPlan;
  readonly control: RunControl;
  readonly runtime: Runtime;
  readonly encoder: Encoder;
  readonly cache: EmbeddingCache;
  readonly head: HeadSpec;
  readonly encode: Encode;
  /** The guide or teacher. */
  readonly outside?: OutsideVectors;
}

/**
 * Refuses, before anything is encoded or written, an objective that does not fit the model: an odd dimension for angle, a prefix that
 * is too long. UserErrors as `buildLoss`.
 */
export function requireFittingModel(shop: Workshop): void {
  headStepGraph(headStep(shop));
}

/** The training step of a head on the encoder's vectors. */
export function headStep({
  plan,
  head,
  outside,
}: Pick<Workshop, "plan" | "head" | "outside">): HeadStep {
  const { settings, batches, objective } = plan;
  const queued: Role[] = queueSize(plan) === 0 ? [] : ["queue"];
  if (queued.length > 0 && plan.outside?.kind === "guide") queued.push("guideQueue");
  return {
    objective,
    head,
    headSide: settings.headSide,
    roles: [...batches.roles, ...outsideRoles(plan.outside, batches), ...queued],
    negatives: batches.negatives,
    ...(outside === undefined ? {} : { guideDimension: outside.dimension }),
  };
}

/** Q: candidates of earlier batches that the objective uses; 0 without a queue. */
export function queueSize({ objective }: TrainingPlan): number {
  return Number(objective.options.queue ?? 0);
}

/** The queue of earlier candidates, where the objective uses one. */
export function openQueue(
  { plan, head, outside }: Workshop,
  others: Gather | undefined,
): CandidateQueue | undefined {
  const size = queueSize(plan);
  if (size === 0) return undefined;
  const { falseNegatives } = plan.batches;
  if (falseNegatives === undefined) internal("a queue without pairs");
  const guide =
    others === undefined || outside === undefined
      ? {}
      : { guide: { gather: others, dimension: outside.dimension } };
  return createCandidateQueue({ size, dimension: head.outputDim, falseNegatives, ...guide });
}
