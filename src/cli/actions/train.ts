import type { Command } from "commander";
import { preview } from "../../dataset/preview.js";
import { usageError } from "../../errors/user-error.js";
import { trainPlanned } from "../../export/train.js";
import { objectiveNamed } from "../../objectives/registry.js";
import { formatDataSummary } from "../../report/data-summary.js";
import { formatPlan, planRecord } from "../../report/plan-summary.js";
import { formatScores } from "../../report/scores.js";
import { planTraining, type TrainingPlan } from "../../training/plan.js";
import type { TrainedRun } from "../../training/run.js";
import { freeRunFolder, readRun, runPaths } from "../../training/run-folder.js";
import type { TrainOptions } from "../../training/settings.js";
import { readConfig } from "../config-file.js";
import { interruptSignal } from "../interrupt.js";
import { objectiveFlags, objectiveOptionsOf } from "../objective-options.js";
import type { CommonOptions } from "../parse.js";
import { formatSeconds, openTerminal, type Terminal } from "../terminal.js";
import { trainProgress } from "../train-progress.js";

/** Flags that say how to run, as against what to train. */
interface RunFlags extends CommonOptions {
  readonly overwrite?: boolean;
  readonly resume?: string;
  readonly resumeAnyway?: boolean;
  readonly config?: string;
  readonly dryRun?: boolean;
}

/** What `embtune train` does. */
export async function runTrain(data: string | undefined, command: Command): Promise<void> {
  const flags = command.opts<RunFlags>();
  const terminal = openTerminal(flags);
  const plan = await planTraining(optionsOf(data, command, flags));
  showData(plan, terminal);
  if (flags.dryRun) {
    terminal.result(terminal.json ? JSON.stringify(planRecord(plan), null, 2) : formatPlan(plan));
    return;
  }
  terminal.note(formatPlan(plan));
  const progress = trainProgress(terminal, plan.steps);
  const trained = await trainPlanned(plan, {
    onEvent: progress.onEvent,
    signal: interruptSignal(),
    overwrite: flags.overwrite ?? false,
    resume: flags.resume !== undefined,
    resumeAnyway: flags.resumeAnyway ?? false,
  }).finally(progress.stop);
  showResult(trained, terminal);
}

/** Options from --config and the command line, which wins; those of a resumed run come from its run.json. */
function optionsOf(data: string | undefined, command: Command, flags: RunFlags): TrainOptions {
  const stored = storedOptions(flags);
  const typed = typedOptions(command);
  const objective = String(typed.objective ?? stored.objective ?? "infonce");
  const own = objectiveOptionsOf(
    command,
    objectiveNamed(objective),
  ) as TrainOptions["objectiveOptions"];
  const kept = objective === (stored.objective ?? objective) ? stored.objectiveOptions : {};
  const file = data ?? stored.data;
  if (file === undefined) {
    throw usageError(
      "no-data",
      "no training data given",
      "embtune train DATA --eval FILE --out DIR",
    );
  }
  const out = flags.resume ?? typed.out ?? stored.out ?? freeRunFolder(file, objective);
  return { ...stored, ...typed, objective, objectiveOptions: { ...kept, ...own }, data: file, out };
}

function storedOptions(flags: RunFlags): Partial<TrainOptions> {
  if (flags.resume !== undefined) return readRun(flags.resume).options;
  if (flags.config === undefined) return {};
  const { out: _, ...options } = readConfig(flags.config);
  return options;
}

/** Flags that are no training options. */
const others = new Set([
  "overwrite",
  "resume",
  "resumeAnyway",
  "config",
  "dryRun",
  "json",
  "quiet",
  "debug",
]);

/** Options that were typed, without those of the objective. */
function typedOptions(command: Command): Partial<TrainOptions> {
  const own = objectiveFlags();
  return Object.fromEntries(
    Object.entries(command.opts<Record<string, unknown>>()).filter(
      ([name]) =>
        command.getOptionValueSource(name) === "cli" && !others.has(name) && !own.has(name),
    ),
  );
}

function showData(plan: TrainingPlan, terminal: Terminal): void {
  terminal.note(formatDataSummary(plan.data, preview(plan.train, 2)));
  if (plan.evalData !== undefined) terminal.note(formatDataSummary(plan.evalData, []));
  for (const note of plan.notes) terminal.note(`note: ${note}`);
}

function showResult(trained: TrainedRun, terminal: Terminal): void {
  const { record, scores, unchanged, folder } = trained;
  const model = runPaths(folder).model;
  if (terminal.json) {
    terminal.result(JSON.stringify({ run: folder, model, ...record.result }, null, 2));
    return;
  }
  const { step = 0, bestStep = 0, stoppedEarly = false, seconds = 0 } = record.result ?? {};
  const early = stoppedEarly ? ", stopped early" : "";
  terminal.result(formatScores(scores));
  if (unchanged)
    terminal.note("no step was better than the base model, so the base goes out unchanged");
  terminal.result(
    `best step ${bestStep} of ${step}${early}, ${formatSeconds(seconds)}; model in ${model}`,
  );
}
