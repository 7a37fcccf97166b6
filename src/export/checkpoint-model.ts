import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { checkManifest } from "../encoder/model-manifest.js";
import { UserError } from "../errors/user-error.js";
import type { Runtime } from "../runtime/runtime.js";
import { runPaths } from "../training/run-folder/run-folder.js";
import { writeModelFolder } from "./model-folder.js";
import { openModelSource } from "./model-source.js";
import { runReference } from "./run-reference.js";

/** Whether the folder was written before and is as it was written. */
async function isWhole(folder: string): Promise<boolean> {
  if (!existsSync(folder)) return false;
  try {
    return await checkManifest(folder, join(folder, "onnx", "model.onnx"));
  } catch (error) {
    if (error instanceof UserError) return false;
    throw error;
  }
}

/**
 * What `--model` means to `loadEncoder`: `RUN:step` becomes a model folder in the run's cache, written when it is asked for first or is damaged;
 * anything else stays as it is.
 */
export async function modelFolderOf(
  model: string | undefined,
  runtime: Runtime,
): Promise<string | undefined> {
  const reference = model === undefined ? undefined : runReference(model);
  if (reference?.step === undefined) return model;
  const { cache } = runPaths(reference.run);
  const folder = join(cache, `model-step-${reference.step}`);
  if (await isWhole(folder)) return folder;
  const source = await openModelSource(model, runtime);
  await source.release();
  mkdirSync(cache, { recursive: true });
  await writeModelFolder(folder, source.content);
  return folder;
}
