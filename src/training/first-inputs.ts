import type { PlannedBatch } from "../dataset/batches/sampler.js";
import type { Matrix, Tensor } from "../math/tensor.js";
import type { TensorInputs } from "../objectives/definition.js";
import { type Role, roles } from "../objectives/roles.js";
import type { Feeds } from "./head-feeds.js";
import { openHead } from "./head-student.js";
import type { Workshop } from "./workshop.js";

/**
 * The first batch as the objective sees it at the start: the encoder's vectors with the head applied. `feeds` gives the
 * encoder's vectors of a batch by role, and its constants.
 */
export async function firstInputs(
  { plan, runtime, head }: Workshop,
  start: ReadonlyMap<string, Tensor>,
  feeds: (planned: PlannedBatch) => Feeds | Promise<Feeds>,
): Promise<TensorInputs> {
  const [rows] = plan.sampler.plan(0).batches;
  const inputs = { ...(await feeds({ epoch: 0, batch: 0, rows: rows! })) };
  if (head.kind === "none") return inputs;
  const open = await openHead(runtime, head);
  for (const [role, tensor] of Object.entries(inputs)) {
    if (roles[role as Role].kind !== "vectors") continue;
    const [count = 0, cols = 0] = tensor.shape;
    const x: Matrix = { rows: count, cols, data: tensor.data as Float32Array };
    const { data } = await open.apply(x, start);
    inputs[role] = { dtype: "float32", shape: [count, head.outputDim], data };
  }
  await open.release();
  return inputs;
}
