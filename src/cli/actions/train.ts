import { existsSync } from "node:fs";
import type { Command } from "commander";
import { modelPrompts } from "../../encoder/load.js";
import type { Prompts } from "../../encoder/prompts.js";
import { counted } from "../../errors/counted.js";
import { usageError } from "../../errors/user-error.js";
import type { ScoreReport } from "../../evaluation/score-report.js";
import { refuseUsedComparison } from "../../jobs/compare.js";
import { type ReportedRun, trainPlanned } from "../../jobs/train.js";
import type { OptionsOf } from "../../options/option.js";
import { formatDataSummary } from "../../report/data-summary.js";
import { formatSeconds } from "../../report/duration.js";
import { formatFileLosses } from "../../report/file-losses.js";
import { formatInterpolation, startSentences } from "../../report/interpolation.js";
import { formatTrainingData } from "../../report/plan-data.js";
import { formatPlan, planRecord } from "../../report/plan-summary.js";
import { formatEnding, shellWord } from "../../report/run-ending.js";
import { formatScores } from "../../report/scores.js";
import { plannedRun } from "../../training/memory/require-memory.js";
import type { TrainOptions } from "../../training/options/settings.js";
import { trainTable } from "../../training/options/table.js";
import { planTraining, type TrainingPlan } from "../../training/plan/plan.js";
import type { TrainEvent } from "../../training/run-folder/events.js";
import { effectiveRecords, readLog } from "../../training/run-folder/log.js";
import { freeRunFolder, refuseUsed, runPaths } from "../../training/run-folder/run-folder.js";
import { runFlags, sweepFlag } from "../flags/train.js";
import { goingOn, interruptSignal } from "../interrupt.js";
import { flagsOf } from "../options/add-options.js";
import { outputOptions } from "../options/output-options.js";
import { parseSweep } from "../parse-sweep.js";
import { openTerminal, type Terminal } from "../terminal.js";
import {
  chosenByRows,
  dataArguments,
  storedOptions,
  trainOptions,
  typedSettings,
} from "../train-options.js";
import { shownRun, trainProgress } from "../train-progress.js";
import { sameSteps, variantsOf } from "../train-variants.js";
import { runComparison } from "./train-comparison.js";

const ownFlags = { ...runFlags, ...sweepFlag, ...outputOptions };

type RunFlags = OptionsOf<typeof ownFlags>;

/** What `embtune train` does. */
export async function runTrain(data: readonly string[], command: Command): Promise<void> {
  const flags = flagsOf(command, ownFlags);
  const terminal = openTerminal(flags);
  refuseResumedComparison(command, flags);
  refuseUsedFolder(command, flags);
  const chosen = await chosenByRows(data, command, flags);
  const names = objectiveNames(command, flags, chosen.options.objective);
  if (names.length > 1 || flags.sweep !== undefined)
    return runSeveral(names, { data, command, flags, terminal, chosen: chosen.options });
  const plan = await planTraining(trainOptions(data, command, flags, chosen.options));
  for (const note of chosen.notes) terminal.note(`note: ${note}`);
  const prompts = await modelPrompts(plan.settings);
  showData(plan, prompts, terminal);
  if (flags.dryRun) {
    const model = { prompts, memory: await plannedRun(plan) };
    const record = () => JSON.stringify(planRecord(plan, model), null, 2);
    terminal.result(terminal.json ? record() : formatPlan(plan, model));
    return;
  }
  terminal.note(formatPlan(plan, { prompts }));
  const progress = trainProgress(terminal, shownRun(plan, flags.debug));
  // Before the first update there is nothing that could be lost.
  let updated = false;
  const trained = await trainPlanned(plan, {
    onEvent: (event) => {
      updated ||= isStep(event);
      progress.onEvent(event);
    },
    signal: interruptSignal(() => updated),
    overwrite: flags.overwrite,
    resume: flags.resume !== undefined,
    resumeAnyway: flags.resumeAnyway,
    report: flags.report,
  })
    .finally(progress.stop)
    .catch(goingOn(() => resumeCommand(plan.settings.out)));
  showResult(trained, terminal);
  if (terminal.json) return;
  const log = effectiveRecords(readLog(runPaths(trained.folder).log));
  terminal.note(`\n${formatEnding({ ...trained, log })}`);
}

/** Whether a step was made, of the run or of one of its folds, so that there is something to save. */
function isStep(event: TrainEvent): boolean {
  return event.type === "fold" ? isStep(event.event) : event.type === "step";
}

/** Where a run can go on once it has written what it is. */
function resumeCommand(out: string): string | undefined {
  return existsSync(runPaths(out).record)
    ? `go on with: embtune train --resume ${shellWord(out)}`
    : undefined;
}

function refuseResumedComparison(command: Command, flags: RunFlags): void {
  if (flags.resume === undefined || !namesSeveral(typedSettings(command), flags)) return;
  throw usageError(
    "resume-comparison",
    "--resume goes on with one run, not with a comparison",
    "resume the run's own folder inside --out",
  );
}

/** Before anything is read: a folder that cannot be written to would throw away the wait. */
function refuseUsedFolder(command: Command, flags: RunFlags): void {
  if (flags.resume !== undefined || flags.dryRun) return;
  const settings = { ...storedOptions(flags), ...typedSettings(command) };
  if (settings.out === undefined) return;
  if (namesSeveral(settings, flags)) refuseUsedComparison(settings.out, flags.overwrite);
  else refuseUsed(settings.out, flags.overwrite);
}

function namesSeveral({ objective }: Partial<TrainOptions>, { sweep }: RunFlags): boolean {
  return String(objective).includes(",") || sweep !== undefined;
}

function objectiveNames(command: Command, flags: RunFlags, chosen?: string): string[] {
  const typed =
    typedSettings(command).objective ??
    storedOptions(flags).objective ??
    chosen ??
    trainTable.objective.default;
  return typed.split(",").map((name) => name.trim());
}

interface Several {
  readonly data: readonly string[];
  readonly command: Command;
  readonly flags: RunFlags;
  readonly terminal: Terminal;
  /** What the rows decide. */
  readonly chosen: Partial<TrainOptions>;
}

/** Several objectives, or one with several values of an option. */
async function runSeveral(names: readonly string[], several: Several): Promise<void> {
  const { data, command, flags, terminal, chosen } = several;
  const sweep = flags.sweep === undefined ? undefined : parseSweep(flags.sweep);
  const stored = storedOptions(flags, data);
  const typed = typedSettings(command);
  const files = dataArguments(data, stored);
  const out = typed.out ?? freeRunFolder(files.data, "comparison");
  const options = { ...chosen, ...stored, ...typed, ...files, out };
  await runComparison(
    variantsOf(command, options, { names, sweep }),
    {
      out,
      sameSteps: sameSteps(sweep),
      overwrite: flags.overwrite,
      dryRun: flags.dryRun,
    },
    terminal,
  );
}

function showData(plan: TrainingPlan, prompts: Prompts, terminal: Terminal): void {
  for (const summary of formatTrainingData(plan, prompts)) terminal.note(summary);
  if (plan.evalData !== undefined) terminal.note(formatDataSummary(plan.evalData, []));
  for (const note of plan.notes) terminal.note(`note: ${note}`);
}

/** The figures that neither training nor selection has made better. */
function formatTest(test: ScoreReport): string {
  const heading =
    "test part, which neither training nor selection has seen: the figures to believe";
  return `\n${heading}\n${formatScores(test)}\n`;
}

function showResult(trained: ReportedRun, terminal: Terminal): void {
  const { record, scores, test, folder, report } = trained;
  const model = runPaths(folder).model;
  if (terminal.json) {
    terminal.result(JSON.stringify({ run: folder, model, report, ...record.result }, null, 2));
    return;
  }
  const { step = 0, bestStep = 0, stoppedEarly = false, seconds = 0 } = record.result ?? {};
  const early = stoppedEarly ? ", stopped early" : "";
  const took = `${formatSeconds(seconds)}; model in ${model}`;
  const losses = formatFileLosses(record);
  if (losses !== undefined) terminal.result(losses);
  const run = shellWord(folder);
  if (scores === undefined) {
    for (const sentence of startSentences(record, run)) terminal.note(sentence);
    terminal.result(`last step ${step}, ${took}`);
    return;
  }
  terminal.result(formatScores(scores));
  const line = formatInterpolation(record, run);
  if (line !== undefined) terminal.result(line);
  for (const sentence of startSentences(record, run)) terminal.note(sentence);
  if (test !== undefined) terminal.result(formatTest(test));
  const { interpolation } = record.result ?? {};
  const what =
    interpolation === undefined ? `best step ${bestStep} of ${step}` : counted(step, "step");
  terminal.result(`${what}${early}, ${took}`);
}
