import { existsSync, mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { encodeCached, fillCache } from "../encoder/embedding-cache.js";
import { invariant } from "../errors/internal.js";
import { usageError } from "../errors/user-error.js";
import { measures } from "../evaluation/metric.js";
import { fileError, writeFileAtomic } from "../files/files.js";
import { requireFitting } from "../options/values.js";
import { type ComparisonReport, comparisonReport, type RunOutcome } from "../report/comparison.js";
import { openResources, type Resources } from "../training/model/resources.js";
import type { TrainOptions } from "../training/options/settings.js";
import { trainTable } from "../training/options/table.js";
import { planTraining, type TrainingPlan } from "../training/plan/plan.js";
import { promptedPlan } from "../training/plan/prompted-plan.js";
import type { TrainEvent } from "../training/run-folder/events.js";
import { runPaths } from "../training/run-folder/run-folder.js";
import { overwriteOption, requireControl } from "./options/shared.js";
import { trainPlanned } from "./train.js";

/** One run of a comparison before it is planned; its folder is given by its name. */
export interface Variant {
  /** `infonce temperature 0.1` */
  readonly name: string;
  readonly options: Omit<TrainOptions, "out">;
}

export interface PlannedVariant {
  readonly name: string;
  readonly plan: TrainingPlan;
}

export interface ComparisonControl {
  readonly overwrite?: boolean;
  readonly signal?: AbortSignal;
  /** `run` is the variant's name; "" while texts are encoded for all. */
  readonly onEvent: (run: string, event: TrainEvent) => void;
}

/**
 * Plans all runs before any is trained: the same seed, held-out rows, metric and, with `sameSteps`, number of updates, which the first
 * variant's epochs give. Usage error `not-comparable` when the objectives would be measured on different rows.
 */
export async function planComparison(
  variants: readonly Variant[],
  out: string,
  { sameSteps }: { readonly sameSteps: boolean },
): Promise<PlannedVariant[]> {
  const planned: PlannedVariant[] = [];
  for (const { name, options } of variants) {
    if (options.objectives !== undefined) throw ownObjectives();
    requireFitting(trainTable, { ...options, out }, "compare");
    const first = planned[0]?.plan;
    const prescribed =
      first === undefined
        ? { compared: true }
        : {
            compared: true,
            measured: first.natural.measured,
            epochs: first.settings.epochs,
            ...(sameSteps ? budgetOf(first) : {}),
          };
    const folder = join(out, folderName(name));
    const plan = await planTraining({ ...options, out: folder }, prescribed);
    if (!measures(plan.evaluator)) throw notMeasured(name);
    if (first !== undefined) requireComparable(first, plan, name);
    planned.push({ name, plan });
  }
  return planned;
}

function budgetOf({ steps, evalEvery }: TrainingPlan) {
  return { steps, evalEvery };
}

/** `infonce temperature 0.1` → `infonce-temperature-0.1`. */
function folderName(name: string): string {
  return name.replace(/[^\p{L}\p{N}.,_-]+/gu, "-");
}

function ownObjectives() {
  return usageError(
    "objectives-compared",
    "a comparison trains all files with each objective, and the config gives files objectives of their own",
    'leave "objectives" out, or train one run: embtune train --config FILE',
  );
}

function notMeasured(name: string) {
  return usageError(
    "no-eval",
    `${name} trains on single texts, which have no answer that runs could be compared by`,
    "give one measuring file for all: --eval FILE",
  );
}

function requireComparable(first: TrainingPlan, plan: TrainingPlan, name: string): void {
  const sameRows =
    plan.selectsOn === first.selectsOn && plan.evaluator.rows === first.evaluator.rows;
  const heldOut = first.settings.eval === undefined;
  if (sameRows && (!heldOut || plan.natural.kind === first.natural.kind)) return;
  throw usageError(
    "not-comparable",
    `${name} would be measured on other rows (${plan.natural.kind}) than ${first.settings.objective} (${first.natural.kind})`,
    "give one measuring file for all: --eval FILE",
  );
}

/**
 * Trains the planned runs one after the other on one encoder and one cache of vectors, each into its own folder, and writes
 * comparison.json beside them. Interrupted, the run under way leaves a checkpoint.
 */
export async function compareRuns(
  planned: readonly PlannedVariant[],
  out: string,
  control: ComparisonControl,
): Promise<ComparisonReport> {
  requireControl(control);
  requireFitting(
    { overwrite: overwriteOption.overwrite },
    { overwrite: control.overwrite },
    "compare",
  );
  const first = planned[0]?.plan;
  invariant(first !== undefined, "a comparison of no runs");
  prepareFolder(out, control.overwrite ?? false);
  const count = new Set(planned.flatMap(({ plan }) => textsToEncode(plan))).size;
  const resources = await openResources(first.settings, count, join(out, "cache"));
  try {
    const { info } = resources.encoder;
    const prompted = planned.map(({ plan }) => promptedPlan(plan, info));
    await encodeAll([...new Set(prompted.flatMap(textsToEncode))], resources, control);
    await encodeMeasured(prompted[0], resources);
    const outcomes: RunOutcome[] = [];
    for (const variant of planned) outcomes.push(await trainOne(variant, resources, control));
    const report = comparisonReport(outcomes as [RunOutcome, ...RunOutcome[]]);
    await writeComparison(out, report);
    return report;
  } finally {
    await resources.close();
  }
}

/** Refuses a folder that is no place for a new comparison. Usage error: out-not-empty. */
export function refuseUsedComparison(out: string, overwrite: boolean): void {
  if (!existsSync(out) || readdirSync(out).length === 0) return;
  const earlier = readdirSync(out).every((name) => isOwn(join(out, name), name));
  if (overwrite && earlier) return;
  throw usageError(
    "out-not-empty",
    `--out "${out}" exists and ${earlier ? "is not empty" : "holds what is no comparison of runs"}`,
    `choose another folder${earlier ? ", or add --overwrite to replace the runs in it" : ""}`,
  );
}

function prepareFolder(out: string, overwrite: boolean): void {
  refuseUsedComparison(out, overwrite);
  try {
    mkdirSync(out, { recursive: true });
  } catch (error) {
    throw fileError(error, out);
  }
}

function isOwn(path: string, name: string): boolean {
  return name === "cache" || name === "comparison.json" || existsSync(runPaths(path).record);
}

/** All texts at once, so that no run's time includes what another profits from. */
async function encodeAll(
  texts: readonly string[],
  { encoder, cache }: Resources,
  { signal, onEvent }: ComparisonControl,
): Promise<void> {
  await fillCache(encoder, texts, cache, {
    prompt: "",
    signal,
    onProgress: (done, total) => onEvent("", { type: "encoding", done, total }),
  });
}

/** Texts that a frozen encoder embeds once for all runs. */
function textsToEncode({ settings, texts }: TrainingPlan): readonly string[] {
  return settings.tune === "head" ? texts.prompted : [];
}

/** The measured texts too; agreement with a teacher is left to the runs, which open the teacher. */
async function encodeMeasured(plan: TrainingPlan, { encoder, cache }: Resources): Promise<void> {
  if (plan.groups.some(({ auxiliary }) => auxiliary?.kind === "vectors")) return;
  await plan.evaluator.run((texts) => encodeCached(encoder, texts, cache, { prompt: "" }));
}

async function trainOne(
  { name, plan }: PlannedVariant,
  resources: Resources,
  { signal, onEvent, overwrite }: ComparisonControl,
): Promise<RunOutcome> {
  const { folder, record, scores, test } = await trainPlanned(plan, {
    onEvent: (event) => onEvent(name, event),
    resources,
    overwrite: overwrite ?? false,
    signal,
    // `embtune report` shows the runs of a comparison side by side.
    report: false,
  });
  const { result } = record;
  invariant(result !== undefined && scores !== undefined, "a finished run without a result");
  return {
    name,
    objective: plan.settings.objective,
    objectiveOptions: plan.objective.options,
    folder,
    scores,
    test,
    bestStep: result.bestStep,
    steps: result.step,
    stoppedEarly: result.stoppedEarly,
    seconds: result.seconds,
  };
}

/** Writes comparison.json into the folder of the runs. */
async function writeComparison(folder: string, report: ComparisonReport): Promise<void> {
  const json = `${JSON.stringify(report, null, 2)}\n`;
  await writeFileAtomic(join(folder, "comparison.json"), json);
}
