import type { EmbeddingCache } from "../../encoder/embedding-cache.js";
import type { Encoder } from "../../encoder/encoder.js";
import type { HeadSpec } from "../../encoder/head.js";
import { internal } from "../../errors/internal.js";
import type { Role } from "../../objectives/roles.js";
import type { Runtime } from "../../runtime/runtime.js";
import { type Gather, outsideRoles } from "../auxiliary/feeds.js";
import type { OutsideVectors } from "../auxiliary/vectors.js";
import type { NumberedBatches } from "../batches/numbered-batches.js";
import type { TrainingTask } from "../plan/objective-groups.js";
import type { TrainingPlan } from "../plan/plan.js";
import type { OnTrainEvent } from "../run-folder/events.js";
import { createCandidateQueue, type TaskQueues, taskQueues } from "./candidate-queue.js";
import { type HeadStep, headStepGraph } from "./head-graph.js";
import type { Encode } from "./trainable-head.js";

/** How a run is watched and stopped. */
export interface RunControl {
  readonly onEvent: OnTrainEvent;
  readonly signal?: AbortSignal | undefined;
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
  for (const task of shop.plan.tasks) headStepGraph(headStep(shop, task));
}

/** The training step of a head on the encoder's vectors, for the batches of a task. */
export function headStep(
  { plan, head, outside }: Pick<Workshop, "plan" | "head" | "outside">,
  task: TrainingTask,
): HeadStep {
  const { batches, objective, prefix } = task;
  const queued: Role[] = queueSize(task) === 0 ? [] : ["queue"];
  if (queued.length > 0 && task.outside?.kind === "guide") queued.push("guideQueue");
  return {
    objective,
    prefix,
    head,
    headSide: plan.settings.headSide,
    roles: [...batches.roles, ...outsideRoles(task.outside, batches), ...queued],
    negatives: batches.negatives,
    guideDimension: outside?.dimension,
  };
}

/** Q: candidates of earlier batches that the objective uses; 0 without a queue. */
export function queueSize({ objective }: Pick<TrainingTask, "objective">): number {
  return Number(objective.options.queue ?? 0);
}

/** The queue of earlier candidates of each task whose objective uses one. `others` gives another model's vectors. */
export function openQueues(
  { plan, head, outside }: Workshop,
  { makers }: NumberedBatches,
  others: Gather | undefined,
): TaskQueues {
  const queues = plan.tasks.map((task, number) => {
    const size = queueSize(task);
    if (size === 0) return undefined;
    const { falseNegatives } = makers[number] ?? internal("a task without batches");
    if (falseNegatives === undefined) internal("a queue without pairs");
    const guide =
      others === undefined || outside === undefined
        ? {}
        : { guide: { gather: others, dimension: outside.dimension } };
    return createCandidateQueue({ size, dimension: head.outputDim, falseNegatives, ...guide });
  });
  return taskQueues(
    queues,
    plan.tasks.map(({ prefix }) => prefix),
  );
}
