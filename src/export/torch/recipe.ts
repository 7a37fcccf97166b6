import { writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import type { EncoderInfo } from "../../encoder/encoder.js";
import { usageError } from "../../errors/user-error.js";
import { writeFileAtomic, writeFolderAtomic } from "../../files/files.js";
import { packageVersion } from "../../files/version.js";
import { warmupSteps } from "../../optim/schedule.js";
import type { TrainingPlan } from "../../training/plan/plan.js";
import { writeSentenceTransformersFolder } from "../sentence-transformers/folder.js";
import { recipeBatches } from "./recipe-batches.js";
import { type TorchLoss, torchLoss } from "./torch-loss.js";
import { type ScriptContent, trainScript } from "./train-script.js";

/** What a recipe holds. */
export interface Recipe {
  readonly folder: string;
  readonly objective: string;
  readonly texts: number;
  readonly steps: number;
}

/**
 * Writes the run of a plan (with the model's prompts in it) as train.py, texts.jsonl (a JSON text a line), batches.jsonl (those of every
 * update) and model/, what training starts from. Usage errors for what sentence-transformers cannot do alike: `no-torch-recipe`,
 * `no-torch-loss`, `no-torch-mask`.
 */
export async function writeTorchRecipe(
  target: string,
  plan: TrainingPlan,
  encoder: EncoderInfo,
): Promise<Recipe> {
  requireAlike(plan, encoder);
  const [{ objective, batches }] = plan.groups;
  const loss = torchLoss(objective);
  requireNegatives(loss, batches.negatives);
  const script = trainScript(scriptOf(plan, loss, encoder));
  await writeFolderAtomic(target, async (folder) => {
    await writeSentenceTransformersFolder(join(folder, "model"), { encoder });
    await writeFile(join(folder, "train.py"), script);
    await writeLines(join(folder, "texts.jsonl"), plan.texts.prompted);
    await writeLines(join(folder, "batches.jsonl"), recipeBatches(plan, loss));
  });
  const texts = plan.texts.prompted.length;
  return { folder: target, objective: objective.definition.name, texts, steps: plan.steps };
}

function scriptOf(
  { settings, steps, groups }: TrainingPlan,
  loss: TorchLoss,
  { name }: EncoderInfo,
): ScriptContent {
  const [{ objective }] = groups;
  const { dims, weights } = objective.options as Readonly<Record<string, readonly number[]>>;
  return {
    origin: `Trains ${name} with ${objective.definition.name}, as the run "${basename(settings.out)}" of embtune ${packageVersion()}.`,
    settings,
    steps,
    warmup: warmupSteps(settings.warmup, steps),
    loss,
    prefixes: dims.map((size, i) => [size, weights[i] ?? 1]),
  };
}

/** Lines that wait to be written, in characters. */
const PIECE = 2 ** 20;

async function writeLines(path: string, lines: Iterable<unknown>): Promise<void> {
  await writeFileAtomic(path, async (append) => {
    let waiting = "";
    for (const line of lines) {
      waiting += `${JSON.stringify(line)}\n`;
      if (waiting.length < PIECE) continue;
      await append(waiting);
      waiting = "";
    }
    await append(waiting);
  });
}

function requireNegatives({ mostNegatives }: TorchLoss, negatives: number): void {
  if (mostNegatives === undefined || negatives <= mostNegatives) return;
  throw usageError(
    "no-torch-loss",
    `--recipe torch writes this loss for ${mostNegatives} negative a row, and the rows have up to ${negatives}`,
    "one row a negative, or train with embtune",
  );
}

/** What a script of plain fine-tuning would do otherwise. */
function requireAlike(
  { settings, groups, auxiliary, augmentations }: TrainingPlan,
  encoder: EncoderInfo,
): void {
  const { tune, head, freeze, layerDecay } = settings;
  const reasons = [
    tune !== "full" && `--tune ${tune}`,
    head !== "none" && `--head ${head}`,
    freeze !== undefined && `--freeze ${freeze}`,
    layerDecay !== 1 && `--layer-decay ${layerDecay}`,
    groups.length > 1 && "files with objectives or kinds of rows of their own",
    auxiliary !== undefined && "a guide or a teacher",
    (augmentations?.token.length ?? 0) > 0 && "--augment token-cutoff",
    encoder.isStatic === true && "a static model",
    encoder.modules !== undefined && "a model with modules behind its pooling",
    !encoder.includePrompt && "a model that leaves its prompts out of pooling",
  ];
  const found = reasons.filter((reason) => reason !== false);
  if (found.length === 0) return;
  throw usageError(
    "no-torch-recipe",
    `--recipe torch cannot write a run with ${found.join(", ")}`,
    "train with --tune full, without a head, on rows of one kind with one objective",
  );
}
