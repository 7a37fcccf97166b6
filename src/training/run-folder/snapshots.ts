import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { sealedText } from "../../files/sealed-json.js";
import type { Tensor } from "../../math/tensor.js";
import { readTensors } from "./checked-tensors.js";
import { damaged, readHashes } from "./run-state.js";
import {
  PARAMETER_FILE,
  PARAMETERS,
  remove,
  stepsOf,
  type WeightSource,
  writeInto,
} from "./weights.js";

/** checkpoints/evaluated-N. */
function snapshotPath(checkpoints: string, step: number): string {
  return join(checkpoints, `evaluated-${String(step).padStart(6, "0")}`);
}

/** Keeps the parameters of an evaluation as checkpoints/evaluated-N/, with hashes.json beside them. */
export async function writeSnapshot(
  checkpoints: string,
  step: number,
  source: WeightSource,
): Promise<void> {
  await writeInto(checkpoints, snapshotPath(checkpoints, step), async (folder) => {
    const hash = await source.write(join(folder, PARAMETER_FILE), PARAMETERS);
    writeFileSync(join(folder, "hashes.json"), sealedText({ files: { [PARAMETER_FILE]: hash } }));
  });
}

/** Removes the snapshots that no mean up to one of these steps needs. */
export function pruneSnapshots(checkpoints: string, count: number, steps: readonly number[]): void {
  const wanted = new Set(steps.flatMap((step) => snapshotSteps(checkpoints, step, count)));
  for (const step of stepsOf(checkpoints, "evaluated"))
    if (!wanted.has(step)) remove(snapshotPath(checkpoints, step));
}

/** The last `count` evaluations up to a step, in order. */
function snapshotSteps(checkpoints: string, step: number, count: number): number[] {
  const steps = stepsOf(checkpoints, "evaluated").filter((own) => own <= step);
  return steps.sort((a, b) => a - b).slice(-count);
}

/**
 * The mean of the parameters of the last `count` evaluations up to a step, or of as many as there were: summed in float64 in the order of steps,
 * rounded once. UserError damaged-checkpoint where one is gone or damaged.
 */
export function meanOfSnapshots(
  checkpoints: string,
  step: number,
  count: number,
): Map<string, Tensor> {
  const steps = snapshotSteps(checkpoints, step, count);
  if (steps.at(-1) !== step)
    throw damaged(snapshotPath(checkpoints, step), "the parameters of its evaluation are gone");
  const sums = new Map<string, { readonly tensor: Tensor; readonly sum: Float64Array }>();
  for (const own of steps) {
    const folder = snapshotPath(checkpoints, own);
    for (const [name, tensor] of readTensors(folder, PARAMETER_FILE, readHashes(folder))) {
      const { sum } = sums.get(name) ?? { sum: new Float64Array(tensor.data.length) };
      for (let i = 0; i < sum.length; i++) sum[i] += Number(tensor.data[i]);
      sums.set(name, { tensor, sum });
    }
  }
  return new Map(
    [...sums].map(([name, { tensor, sum }]) => {
      const data = Float32Array.from(sum, (total) => total / steps.length);
      return [name, { ...tensor, data }] as const;
    }),
  );
}
