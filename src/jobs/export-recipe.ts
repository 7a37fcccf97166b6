import { loadEncoder } from "../encoder/load.js";
import { usageError } from "../errors/user-error.js";
import { type Recipe, writeTorchRecipe } from "../export/torch/recipe.js";
import { ensureEmptyFolder } from "../files/files.js";
import { openRuntime } from "../runtime/runtime.js";
import { planTraining } from "../training/plan/plan.js";
import { promptedPlan } from "../training/plan/prompted-plan.js";
import { differences } from "../training/run/resume.js";
import { newRecord } from "../training/run/run-record.js";
import { baseModel, readRun } from "../training/run-folder/run-folder.js";
import { recipeTable } from "./options/export.js";
import { type JobOptions, resolveJob } from "./options/shared.js";

/** Which run becomes a script, and where that goes. */
export type RecipeOptions = Omit<JobOptions<typeof recipeTable>, "reader">;

/**
 * Writes a run as a script of PyTorch and sentence-transformers, with its texts, the batches of every update and the model that it starts
 * from. The run may be unfinished. Usage errors: `run-changed` where its data or base are not what they were, `no-torch-recipe`, `no-torch-loss` and
 * `no-torch-mask` for what sentence-transformers cannot do alike.
 */
export async function exportRecipe(given: RecipeOptions): Promise<Recipe> {
  const { run, to } = resolveJob("exportRecipe", recipeTable, given);
  const record = readRun(run);
  const planned = await planTraining(record.options);
  await ensureEmptyFolder(to);
  const runtime = await openRuntime({ threads: 1 });
  try {
    const model = baseModel(record.base);
    const encoder = await loadEncoder({ ...planned.settings, model, runtime, modules: "leave" });
    const now = newRecord(planned, { info: encoder.info, threads: 1 });
    requireSame(run, differences(record, { ...now, outside: record.outside }));
    const plan = promptedPlan(planned, encoder.info);
    await encoder.release();
    return await writeTorchRecipe(to, { ...plan, steps: record.steps }, encoder.info);
  } finally {
    await runtime.close();
  }
}

function requireSame(run: string, changes: readonly string[]): void {
  if (changes.length === 0) return;
  throw usageError(
    "run-changed",
    `the run "${run}" cannot be written as it was: ${changes.join("; ")}`,
    "put back what the run was trained with",
  );
}
