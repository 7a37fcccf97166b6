import { existsSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { ColumnMapping } from "../../dataset/columns/resolve-columns.js";
import type { FileIdentity } from "../../dataset/retrieval/load-retrieval.js";
import type { DatasetKind } from "../../dataset/rows/row-types.js";
import type { ModelOrigin } from "../../encoder/model-location.js";
import type { PromptTexts } from "../../encoder/prompts.js";
import type { TrainedGroup } from "../../encoder/step/trained-tensors.js";
import { UserError, usageError } from "../../errors/user-error.js";
import type { Comparison } from "../../evaluation/bootstrap.js";
import type { ScoreReport } from "../../evaluation/score-report.js";
import { fileError, writeFileAtomic } from "../../files/files.js";
import { isObject } from "../../files/json-file.js";
import { readSealed, sealedText } from "../../files/sealed-json.js";
import type { OptionValue } from "../../options/option.js";
import type { TrainSettings } from "../options/settings.js";
import type { FileLosses } from "./file-losses.js";
import { foreignFiles } from "./foreign-files.js";
import { lockRun, type RunLock } from "./run-lock.js";
import { namesIn } from "./weights.js";

/** A data file as it was when the run started. */
export interface DataFileRecord {
  readonly path: string;
  readonly sha256: string;
  readonly rows: number;
  /** Role → column. */
  readonly columns: ColumnMapping;
}

/** One of several training files, and what is learnt from it. */
export interface TrainingFileRecord extends DataFileRecord {
  readonly kind: DatasetKind;
  readonly objective: string;
  readonly objectiveOptions: Readonly<Record<string, OptionValue>>;
}

/** The selecting data; for retrieval the queries, and the files beside them. */
export interface EvalRecord extends DataFileRecord {
  readonly corpus?: FileIdentity;
  readonly qrels?: FileIdentity;
}

/** The model that a run started from. */
interface BaseRecord {
  readonly source: ModelOrigin;
  readonly name: string;
  /** Absolute path of its folder. */
  readonly path: string;
  readonly hash: string;
  readonly dimension: number;
}

/** What `--model` must be to load the base again; undefined: the bundled encoder. */
export function baseModel({ source, name, path }: BaseRecord): string | undefined {
  if (source === "bundled") return undefined;
  return source === "hub" ? name : path;
}

/** How the point (1−α)·start + α·tuned was chosen that goes out. */
export interface InterpolationRecord {
  readonly alpha: number;
  /** `search`: by the selecting data, whose figure is optimistic; `folds`: by folds, whose figures are of other heads; `given`: by the user. */
  readonly by: "search" | "folds" | "given";
  /** What α = 1 is: the last step, `ema:0.99`, `last:3`. */
  readonly end: string;
  /** The deciding metric by α, from the start (0) to the end of training (1); empty where nothing is measured. */
  readonly curve: readonly { readonly alpha: number; readonly value: number }[];
}

/** run.json: every option as resolved, and what is needed to tell whether a resume goes on with the same things. */
export interface RunRecord {
  readonly embtune: string;
  readonly created: string;
  readonly options: TrainSettings;
  readonly data: DataFileRecord;
  /** Each file, where there are several; `data` is all of them. */
  readonly files?: readonly TrainingFileRecord[] | undefined;
  readonly eval?: EvalRecord | undefined;
  /** Metric that selects the checkpoint; `none` where the last step goes out. */
  readonly metric: string;
  /** What --test-part has set aside, and the metric that decides on it. */
  readonly test?: { readonly rows: number; readonly metric: string } | undefined;
  readonly steps: number;
  readonly base: BaseRecord;
  /** What was put before texts: the model's prompts and those of --prompts. */
  readonly prompts?: PromptTexts;
  /** The guide or teacher: model or file. */
  readonly outside?:
    | { readonly name: string; readonly hash: string; readonly dimension: number }
    | undefined;
  /** What of the encoder is trained, by layer and role; absent while it is frozen. */
  readonly trained?: readonly TrainedGroup[] | undefined;
  readonly machine: {
    readonly platform: string;
    readonly cpu: string;
    readonly cores: number;
    readonly node: string;
    readonly threads: number;
  };
  /** What was told on the way, one sentence each. */
  readonly notes?: readonly string[] | undefined;
  /** Written when the run has ended. */
  readonly result?: {
    readonly step: number;
    readonly bestStep: number;
    readonly bestValue: number;
    /** The deciding metric of the model that training started from. */
    readonly startValue: number;
    readonly stoppedEarly: boolean;
    /** Absent where the best checkpoint went out. */
    readonly interpolation?: InterpolationRecord | undefined;
    /** Whether the base itself goes out; with a head that reduces dimensions it does not even at step 0. Absent in runs of earlier versions. */
    readonly unchanged?: boolean | undefined;
    /** Where training's start goes out, as the rows chose: the end of training against it; absent where rows are too few to resample. */
    readonly passedOver?: Comparison | undefined;
    readonly seconds: number;
    /** By file, where there are several. */
    readonly losses?: Readonly<Record<string, FileLosses>> | undefined;
    /** The most memory that the process held, in bytes. */
    readonly peakMemory?: number | undefined;
    /** Base and chosen model on the selecting data; absent where nothing was measured. */
    readonly scores?: ScoreReport | undefined;
    /** Base and chosen model on the test part, which neither training nor selection has seen. */
    readonly test?: ScoreReport | undefined;
  };
}

/** Paths inside a run folder. */
export function runPaths(run: string) {
  return {
    record: join(run, "run.json"),
    log: join(run, "log.jsonl"),
    table: join(run, "log.csv"),
    checkpoints: join(run, "checkpoints"),
    folds: join(run, "folds"),
    cache: join(run, "cache"),
    model: join(run, "model"),
    evaluation: join(run, "evaluation.json"),
    vectors: join(run, "evaluation.safetensors"),
    report: join(run, "report.html"),
  };
}

/** Reads run.json. A folder without one is a usage error, a damaged one or one that embtune has not written a UserError. */
export function readRunFile(run: string): { readonly record: RunRecord; readonly sealed: boolean } {
  const path = runPaths(run).record;
  if (!existsSync(path)) {
    throw usageError("not-a-run", `"${run}" is not a run folder: it has no run.json`);
  }
  const { content, sealed } = readSealed(path);
  if (isRunRecord(content)) return { record: withFormerDefaults(content), sealed };
  throw new UserError("bad-run-record", "is not a run record of embtune", {
    at: { file: path },
    hint: "name a run folder that embtune train has written",
  });
}

/** What held before an option was there, for runs of that time. */
const FORMER = {
  interpolate: "off",
  average: "off",
  holdOut: "documents",
  holdOutShare: 0.1,
  folds: "off",
  searchBeside: 0,
} as const satisfies Partial<TrainSettings>;

function withFormerDefaults(record: RunRecord): RunRecord {
  return { ...record, options: { ...FORMER, ...record.options } };
}

/** The record of `readRunFile`. */
export function readRun(run: string): RunRecord {
  return readRunFile(run).record;
}

/** Whether an object has the keys that every reader of run.json relies on. */
function isRunRecord(content: object): content is RunRecord {
  const { embtune, options, data, base, machine, metric, steps } = content as Partial<
    Record<keyof RunRecord, unknown>
  >;
  const objects = [options, data, base, machine].every(isObject);
  return objects && [embtune, metric].every(isText) && Number.isSafeInteger(steps);
}

function isText(value: unknown): boolean {
  return typeof value === "string";
}

/** Writes run.json with its own SHA-256. */
export async function writeRun(run: string, record: RunRecord): Promise<void> {
  await writeFileAtomic(runPaths(run).record, sealedText(record));
}

/**
 * Makes and claims a new run folder. A folder that exists and is not empty is a usage error unless `overwrite` is set; then only
 * what a run consists of is removed, and only from a folder that is a run. What a process leaves that was killed before it wrote
 * run.json counts as empty.
 */
export function prepareRunFolder(run: string, overwrite: boolean): RunLock {
  refuseUsed(run, overwrite);
  const { checkpoints } = runPaths(run);
  try {
    mkdirSync(run, { recursive: true });
  } catch (error) {
    throw fileError(error, run);
  }
  const lock = lockRun(run);
  try {
    // Another process may have been at work until now.
    refuseUsed(run, overwrite);
    removeLeftOver(run);
    // run.json itself stays until the new one replaces it, so that the folder is a run's at any moment.
    const { record: _, ...parts } = runPaths(run);
    for (const path of Object.values(parts)) {
      rmSync(path, { recursive: true, force: true });
    }
    mkdirSync(checkpoints, { recursive: true });
    return lock;
  } catch (error) {
    lock.release();
    throw fileError(error, run);
  }
}

/** Refuses a folder that is no place for a new run. Usage errors: out-not-empty, out-not-a-run. */
export function refuseUsed(run: string, overwrite: boolean): void {
  if (!existsSync(run) || entriesOf(run).every((name) => isRemnant(run, name))) return;
  if (!overwrite) {
    throw usageError(
      "out-not-empty",
      `--out "${run}" exists and is not empty`,
      "choose another folder, add --overwrite to replace the run, or continue it with --resume",
    );
  }
  requireOwn(run);
}

/** Only what embtune wrote is replaced: a run by its run.json, damaged or not, with nothing else among its files. */
function requireOwn(run: string): void {
  const refuse = (why: string): never => {
    throw usageError(
      "out-not-a-run",
      `--overwrite replaces run folders only, and ${why}`,
      "choose another folder or empty it yourself",
    );
  };
  const path = runPaths(run).record;
  if (!existsSync(path)) refuse(`"${run}" holds no run.json`);
  try {
    readRunFile(run);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    if (error.code !== "seal-broken") refuse(`${path} ${error.message}`);
  }
  const [foreign] = foreignFiles(run);
  if (foreign !== undefined) refuse(`embtune did not write ${join(run, foreign)}`);
}

/** Removes what processes left half written that were killed. The caller holds the run's lock. */
export function removeLeftOver(run: string): void {
  for (const name of entriesOf(run)) {
    if (LEFT_OVER.test(name)) rmSync(join(run, name), { recursive: true, force: true });
  }
}

/** Names beside what a run folder holds while it is written. */
const LEFT_OVER =
  /^\.(run\.json|log\.csv|model|report\.html|evaluation\.json|evaluation\.safetensors)\.[0-9a-f]{8}\.tmp$/;

function entriesOf(run: string): string[] {
  try {
    return readdirSync(run);
  } catch (error) {
    throw fileError(error, run);
  }
}

/** Whether a process killed at its beginning may have left it. */
function isRemnant(run: string, name: string): boolean {
  if (name === "checkpoints") return namesIn(join(run, name)).length === 0;
  return name.startsWith("run.lock") || LEFT_OVER.test(name);
}

/** runs/<data>-<objective>-<n>: the first n from 1 that does not exist. */
export function freeRunFolder(dataFile: string, objective: string, root = "runs"): string {
  const stem = (dataFile.split(/[\\/]/).at(-1) ?? "data").replace(/\.[^.]*$/, "") || "data";
  for (let n = 1; ; n++) {
    const candidate = join(root, `${stem}-${objective}-${n}`);
    if (!existsSync(candidate)) return candidate;
  }
}
