import type { PlannedBatch } from "../../dataset/batches/sampler.js";
import { internal } from "../../errors/internal.js";
import { float32, type Matrix, sizeOf, type Tensor } from "../../math/tensor.js";
import type { TensorInputs } from "../../objectives/definition.js";
import { type ObjectiveInput, objectiveInputs } from "../../objectives/roles.js";
import type { Feeds } from "../batches/head-feeds.js";
import { groupNumber } from "../batches/run-texts.js";
import { openHead } from "../model/open-head.js";
import type { RunContext } from "../model/run-context.js";
import type { TrainingPlan } from "../plan/plan.js";

/** How a first batch is made. */
interface FirstBatch {
  /** Start values of the head. */
  readonly start: ReadonlyMap<string, Tensor>;
  /** The encoder's vectors of a batch by role, and its constants. */
  readonly feeds: (planned: PlannedBatch) => Feeds | Promise<Feeds>;
}

/**
 * Start values of the objectives' own parameters (nce's log-normaliser, sigmoid's scale and bias, softmax's W), by name. A group's
 * first batch is only made when a value depends on it.
 */
export async function initialScalars(
  context: RunContext,
  first: FirstBatch,
): Promise<Map<string, Tensor>> {
  const values = new Map<string, Tensor>();
  for (const [group, { objective, prefix }] of context.plan.groups.entries()) {
    const { definition, options } = objective;
    for (const { role, shape, initial } of definition.trained) {
      const value =
        typeof initial === "number"
          ? initial
          : initial(await firstInputs(context, group, first), options);
      const dims = shape(context.head.outputDim);
      values.set(prefix + role, float32(dims, new Float32Array(sizeOf(dims)).fill(value)));
    }
  }
  return values;
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

/** The first batch of a group as its objective sees it at the start: the encoder's vectors with the head applied. */
async function firstInputs(
  { plan, runtime, head }: RunContext,
  group: number,
  { start, feeds }: FirstBatch,
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
