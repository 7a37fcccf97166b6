import type { PlannedBatch } from "../../dataset/batches/sampler.js";
import { internal } from "../../errors/internal.js";
import type { Matrix, Tensor } from "../../math/tensor.js";
import type { TensorInputs } from "../../objectives/definition.js";
import { type ObjectiveInput, objectiveInputs } from "../../objectives/roles.js";
import type { Feeds } from "../batches/head-feeds.js";
import { groupNumber } from "../batches/run-texts.js";
import type { TrainingPlan } from "../plan/plan.js";
import type { RunContext } from "./run-context.js";
import { initialScalars } from "./scalars.js";
import { openHead } from "./trainable-head.js";

/** Start values of the own parameters of all groups' objectives, by name. */
export async function scalarsOfGroups(
  context: RunContext,
  first: Omit<FirstBatch, "group">,
): Promise<Map<string, Tensor>> {
  const all = new Map<string, Tensor>();
  for (const [group, own] of context.plan.groups.entries()) {
    const values = await initialScalars(own, context.head.outputDim, () =>
      firstInputs(context, { ...first, group }),
    );
    for (const [name, value] of values) all.set(name, value);
  }
  return all;
}

/** Which group's batch is made, of what. */
export interface FirstBatch {
  readonly group: number;
  /** Start values of the head. */
  readonly start: ReadonlyMap<string, Tensor>;
  readonly feeds: (planned: PlannedBatch) => Feeds | Promise<Feeds>;
}

/** The first batch of a group; every group has one in the first epoch. */
export function firstBatch(
  { sampler, groups }: Pick<TrainingPlan, "sampler" | "groups">,
  group: number,
): PlannedBatch {
  const { batches } = sampler.plan(0);
  const batch = batches.findIndex((rows) => groupNumber(groups, rows) === group);
  return { epoch: 0, batch, rows: batches[batch] ?? internal(`group ${group} has no batch`) };
}

/**
 * The first batch of a group as its objective sees it at the start: the encoder's vectors with the head applied. `feeds` gives the
 * encoder's vectors of a batch by role, and its constants.
 */
async function firstInputs(
  { plan, runtime, head }: RunContext,
  { group, start, feeds }: FirstBatch,
): Promise<TensorInputs> {
  const inputs = { ...(await feeds(firstBatch(plan, group))) };
  if (head.kind === "none") return inputs;
  const open = await openHead(runtime, head);
  for (const [role, tensor] of Object.entries(inputs)) {
    if (objectiveInputs[role as ObjectiveInput].kind !== "vectors") continue;
    const [count = 0, cols = 0] = tensor.shape;
    const x: Matrix = { rows: count, cols, data: tensor.data as Float32Array };
    const { data } = await open.apply(x, start);
    inputs[role] = { dtype: "float32", shape: [count, head.outputDim], data };
  }
  await open.release();
  return inputs;
}
