import type { EmbeddingCache } from "../../encoder/embedding-cache.js";
import type { Encoder } from "../../encoder/encoder.js";
import type { HeadSpec } from "../../encoder/head.js";
import type { ObjectiveInput } from "../../objectives/roles.js";
import type { Runtime } from "../../runtime/runtime.js";
import { auxiliaryRoles, type Gather } from "../auxiliary/feeds.js";
import type { AuxiliaryModel } from "../auxiliary/vectors.js";
import type { ObjectiveGroup } from "../plan/objective-groups.js";
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
export interface RunContext {
  readonly plan: TrainingPlan;
  readonly control: RunControl;
  readonly runtime: Runtime;
  readonly encoder: Encoder;
  readonly cache: EmbeddingCache;
  readonly head: HeadSpec;
  readonly encode: Encode;
  /** The guide or teacher. */
  readonly auxiliary?: AuxiliaryModel;
}

/**
 * Refuses, before anything is encoded or written, an objective that does not fit the model: an odd dimension for angle, a prefix that
 * is too long. UserErrors as `buildLoss`.
 */
export function requireFittingModel(context: RunContext): void {
  for (const group of context.plan.groups) headStepGraph(headStep(context, group));
}

/** The training step of a head on the encoder's vectors, for the batches of a group. */
export function headStep(
  { plan, head, auxiliary }: Pick<RunContext, "plan" | "head" | "auxiliary">,
  group: ObjectiveGroup,
): HeadStep {
  const { batches, objective, prefix } = group;
  const queued: ObjectiveInput[] = queueSize(group) === 0 ? [] : ["queue"];
  if (queued.length > 0 && group.auxiliary?.kind === "guide") queued.push("guideQueue");
  return {
    objective,
    prefix,
    head,
    headSide: plan.settings.headSide,
    roles: [...batches.roles, ...auxiliaryRoles(group.auxiliary, batches), ...queued],
    negatives: batches.negatives,
    guideDimension: auxiliary?.dimension,
  };
}

/** Q: candidates of earlier batches that the objective uses; 0 without a queue. */
export function queueSize({ objective }: Pick<ObjectiveGroup, "objective">): number {
  return Number(objective.options.queue ?? 0);
}

/** The queue of earlier candidates of each group whose objective uses one. `others` gives another model's vectors. */
export function openQueues(
  { plan, head, auxiliary }: RunContext,
  others: Gather | undefined,
): TaskQueues {
  const { components } = plan.texts;
  const guide =
    others === undefined || auxiliary === undefined
      ? undefined
      : { gather: others, dimension: auxiliary.dimension };
  const queues = plan.groups.map((group) => {
    const size = queueSize(group);
    if (size === 0) return undefined;
    return createCandidateQueue({ size, dimension: head.outputDim, components, guide });
  });
  return taskQueues(
    queues,
    plan.groups.map(({ prefix }) => prefix),
  );
}
