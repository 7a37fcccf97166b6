import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { sealedText } from "../../files/sealed-json.js";
import type { Tensor } from "../../math/tensor.js";
import { readChecked, readTensors } from "./checked-tensors.js";
import { damaged, readHashes } from "./run-state.js";
import { PARAMETER_FILE, PARAMETERS, type WeightSource, writeInto } from "./weights.js";

/** checkpoints/best-N. */
export function bestPath(checkpoints: string, step: number): string {
  return join(checkpoints, `best-${String(step).padStart(6, "0")}`);
}

/** Keeps the parameters of the best evaluation as checkpoints/best-N/, with hashes.json beside them. */
export async function writeBest(
  checkpoints: string,
  step: number,
  source: WeightSource,
): Promise<void> {
  await writeInto(checkpoints, bestPath(checkpoints, step), async (folder) => {
    const hash = await source.write(join(folder, PARAMETER_FILE), PARAMETERS);
    const text = sealedText({ files: { [PARAMETER_FILE]: hash } });
    writeFileSync(join(folder, "hashes.json"), text);
  });
}

/** Whether the parameters of that step are kept. */
export function hasBest(checkpoints: string, step: number): boolean {
  return existsSync(bestPath(checkpoints, step));
}

/** The parameters kept by `writeBest`. UserErrors as `readCheckpoint`. */
export function readBest(checkpoints: string, step: number): Map<string, Tensor> {
  const folder = bestPath(checkpoints, step);
  return readTensors(folder, PARAMETER_FILE, readHashes(folder));
}

/**
 * Throws UserError `damaged-checkpoint` where the parameters of the best step are gone or damaged: they go out at the end, so
 * their loss is told before. Step 0 is the model itself, unless it was kept. `sealed`: hashes must be there.
 */
export function requireBest(checkpoints: string, step: number, sealed: boolean): void {
  const folder = bestPath(checkpoints, step);
  if (step === 0 && !existsSync(folder)) return;
  if (!existsSync(folder))
    throw damaged(folder, `the parameters of its best step ${step} are gone`);
  const hashes = readHashes(folder);
  if (sealed && hashes === undefined) throw damaged(folder, "it has no hashes.json");
  readChecked(folder, PARAMETER_FILE, hashes);
}
