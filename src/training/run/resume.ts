import { isDeepStrictEqual } from "node:util";
import { usageError } from "../../errors/user-error.js";
import { kebabCase } from "../../options/option.js";
import { interpolationOf } from "../options/interpolation.js";
import { trainNames } from "../options/table.js";
import type { TrainingPlan } from "../plan/plan.js";
import { findCheckpoint } from "../run-folder/checkpoint.js";
import { damagedLines } from "../run-folder/log.js";
import {
  type DataFileRecord,
  type RunRecord,
  readRunFile,
  runPaths,
} from "../run-folder/run-folder.js";
import type { PlanLimits, RunState } from "../run-folder/run-state.js";

/** A checkpoint that was found whole. Its weights, three times the size of what is trained, are read when they are needed. */
export interface ResumePoint {
  readonly state: RunState;
  readonly path: string;
  /** What its state was checked against. */
  readonly limits: PlanLimits;
  /** Whether the run was begun by another program or processor, which may round differently. */
  readonly elsewhere: boolean;
}

/** How a run goes on. */
interface Resumption {
  /** Where; undefined: from the beginning, since the run ended before its first checkpoint. */
  readonly point: ResumePoint | undefined;
  /** What the user should know. */
  readonly notes: readonly string[];
}

/** How a whole run goes on, and whether anything that it depends on has changed. */
interface RunResumption extends Resumption {
  readonly changed: boolean;
}

/** Options that may differ between a run and its continuation. */
const free = new Set(trainNames(({ resume }) => resume === "free"));

/**
 * The newest whole checkpoint of the run, once it is certain that everything it depends on is what it was: data files, base model
 * and options. What differs is a usage error that names it or, with `anyway`, a note.
 */
export function resumption(plan: TrainingPlan, now: RunRecord, anyway: boolean): RunResumption {
  const run = plan.settings.out;
  const { record: before, sealed } = readRunFile(run);
  const changes = differences(before, now);
  if (changes.length > 0 && !anyway) {
    throw usageError(
      "run-changed",
      `the run "${run}" cannot be resumed exactly: ${changes.join("; ")}`,
      "restore what changed, start a new run with another --out, or add --resume-anyway",
    );
  }
  const moved = surroundings(before, now);
  const limits = limitsOf(plan, Math.max(before.steps, now.steps), changes.length > 0);
  const { point, notes } = resumePoint(run, { limits, elsewhere: moved.length > 0 });
  const unchecked = "run.json was written without SHA-256, so damage in it would not be noticed";
  return {
    point,
    changed: changes.length > 0,
    notes: [
      ...changes.map((change) => `resumed all the same: ${change}`),
      ...moved,
      ...(sealed ? [] : [unchecked]),
      ...logNotes(runPaths(run).log),
      ...notes,
    ],
  };
}

function logNotes(log: string): string[] {
  const damaged = damagedLines(log);
  return damaged === 0 ? [] : [`${damaged} damaged lines of ${log} are passed over`];
}

/** The newest whole checkpoint, of a step below `before` where that is given, and what is to be said about it. */
export function resumePoint(
  run: string,
  { limits, elsewhere }: Pick<ResumePoint, "limits" | "elsewhere">,
  before?: number,
): Resumption {
  const { checkpoint, remarks } = findCheckpoint(runPaths(run).checkpoints, { limits, before });
  const where =
    checkpoint === undefined
      ? "the run has no checkpoint yet and starts from the beginning"
      : `going on after step ${checkpoint.state.step}`;
  return {
    point: checkpoint && { state: checkpoint.state, path: checkpoint.path, limits, elsewhere },
    notes: [...remarks, where],
  };
}

/** Where a run on some of the rows goes on: what it depends on is unchanged, since a changed run has dropped its folds. */
export function foldResumption(plan: TrainingPlan): Resumption {
  const limits = limitsOf(plan, plan.steps, false);
  return resumePoint(plan.settings.out, { limits, elsewhere: false });
}

function limitsOf(plan: TrainingPlan, steps: number, changed: boolean): PlanLimits {
  const { settings, sampler } = plan;
  const batches = (epoch: number) => sampler.plan(epoch).batches.length;
  const keepsBest = interpolationOf(settings, plan).kind === "off";
  return { steps, accumulate: changed ? undefined : settings.accumulate, keepsBest, batches };
}

/** What of all that a run depends on is not as it was: a sentence each. */
export function differences(before: RunRecord, now: RunRecord): string[] {
  const changes: string[] = [];
  const compare = (what: string, was: unknown, is: unknown): void => {
    if (!isDeepStrictEqual(was, is)) changes.push(`${what} was ${show(was)}, is now ${show(is)}`);
  };
  if (!sameFile(before.data, now.data)) changes.push(`the data file ${now.data.path} has changed`);
  if (!sameFile(before.eval, now.eval)) {
    changes.push(`the --eval file ${now.eval?.path ?? before.eval?.path} has changed`);
  }
  for (const name of ["corpus", "qrels"] as const) {
    const [was, is] = [before.eval?.[name], now.eval?.[name]];
    if (was?.sha256 !== is?.sha256)
      changes.push(`the --eval-${name} file ${is?.path ?? was?.path} has changed`);
  }
  if (before.base.hash !== now.base.hash)
    changes.push(`the base model ${now.base.path} has changed`);
  if (before.outside?.hash !== now.outside?.hash)
    changes.push(`the guide or teacher ${now.outside?.name ?? before.outside?.name} has changed`);
  // Prompts that were given are an option; those of the model itself are no part of its hash.
  const sameGiven = isDeepStrictEqual(before.options.prompts, now.options.prompts);
  if (sameGiven && before.prompts !== undefined)
    compare("what the model puts before texts", before.prompts, now.prompts);
  const names = new Set([...Object.keys(before.options), ...Object.keys(now.options)]);
  for (const [i, file] of (now.files ?? []).entries()) {
    const was = before.files?.[i];
    if (was?.objective === undefined) continue;
    const objective = ({ objective: name, objectiveOptions }: typeof file) => ({
      objective: name,
      ...objectiveOptions,
    });
    compare(`the objective of ${file.path}`, objective(was), objective(file));
  }
  for (const name of names) {
    if (free.has(name)) continue;
    const key = name as keyof RunRecord["options"];
    compare(`--${kebabCase(name)}`, before.options[key], now.options[key]);
  }
  return changes;
}

function sameFile(was: DataFileRecord | undefined, is: DataFileRecord | undefined): boolean {
  return was?.sha256 === is?.sha256;
}

/** Another program or processor may round differently: the run can go on, though not to the same last digits. */
function surroundings(before: RunRecord, now: RunRecord): string[] {
  const notes: string[] = [];
  if (before.embtune !== now.embtune) {
    notes.push(`the run was begun with embtune ${before.embtune}, this is ${now.embtune}`);
  }
  if (before.machine.cpu !== now.machine.cpu) {
    notes.push(`the run was begun on another processor (${before.machine.cpu})`);
  }
  return notes;
}

function show(value: unknown): string {
  return value === undefined ? "not set" : JSON.stringify(value);
}
