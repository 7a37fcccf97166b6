import { existsSync } from "node:fs";
import { join } from "node:path";
import type { SamplerState } from "../../dataset/batches/sampler.js";
import { UserError } from "../../errors/user-error.js";
import { isObject, type JsonObject } from "../../files/json-file.js";
import { readSealed } from "../../files/sealed-json.js";

/** The best evaluation so far; step 0 is the model that training started from. */
export interface Best {
  readonly step: number;
  readonly value: number;
  /** What decides between equal values (`finerFigure`); absent in states of earlier versions. */
  readonly finer?: number | undefined;
}

/** Where a run stands, beside its weights: enough to go on exactly. */
export interface RunState {
  readonly step: number;
  readonly best: Best;
  /** The deciding metric of the model that training started from. */
  readonly start: number;
  /** Evaluations since the best one, for early stopping. */
  readonly evaluationsSinceBest: number;
  readonly sampler: SamplerState;
}

/** SHA-256 of files by name. */
export type Hashes = Readonly<Record<string, string>>;

/** What state.json holds. */
interface StoredState {
  readonly state: RunState;
  /** SHA-256 of each file beside it; undefined: written by a version that kept none. */
  readonly files: Hashes | undefined;
}

/** What a run's plan allows a state to be. */
export interface PlanLimits {
  /** Updates of the whole run. */
  readonly steps: number;
  /** Batches of an update; undefined: the plan has changed, and the place in the data cannot be checked against the step. */
  readonly accumulate: number | undefined;
  /** Whether the parameters of the best evaluation are kept, to go out at the end; default true. */
  readonly keepsBest?: boolean | undefined;
  /** Batches of an epoch. */
  readonly batches: (epoch: number) => number;
}

/** Reads a checkpoint's state.json. What is missing or damaged is a UserError. */
export function readState(folder: string): StoredState {
  const path = join(folder, "state.json");
  const { content, sealed } = readSealed(path);
  const state = stateIn(content);
  if (state === undefined) throw damaged(path, "it is not the state of a run");
  const { files } = content;
  if (!sealed) return { state, files: undefined };
  if (isHashes(files)) return { state, files };
  throw damaged(path, "it does not name its files");
}

/** The hashes beside kept best parameters; undefined where an earlier version kept none. */
export function readHashes(folder: string): Hashes | undefined {
  const path = join(folder, "hashes.json");
  if (!existsSync(path)) return undefined;
  const { files } = readSealed(path).content;
  if (isHashes(files)) return files;
  throw damaged(path, "it does not name its files");
}

/** JSON has no NaN and no infinities: both are null in the file. */
function stateIn(content: JsonObject): RunState | undefined {
  const { step, best, start, evaluationsSinceBest, sampler } = content;
  if (!isObject(best) || !isObject(sampler)) return undefined;
  const { epoch, batch } = sampler;
  const counts = [step, evaluationsSinceBest, best.step, epoch, batch];
  if (!counts.every(isCount) || !isMetric(best.value) || !isMetric(start)) return undefined;
  return {
    step: Number(step),
    best: {
      step: Number(best.step),
      value: Number(best.value ?? Number.NEGATIVE_INFINITY),
      finer: typeof best.finer === "number" ? best.finer : undefined,
    },
    start: Number(start ?? Number.NaN),
    evaluationsSinceBest: Number(evaluationsSinceBest),
    sampler: { epoch: Number(epoch), batch: Number(batch) },
  };
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0;
}

function isMetric(value: unknown): boolean {
  return typeof value === "number" || value === null || value === undefined;
}

function isHashes(value: unknown): value is Hashes {
  return isObject(value) && Object.values(value).every((hash) => typeof hash === "string");
}

/** Throws UserError `damaged-checkpoint` for a state that no run of this plan can be in. */
export function requireWithin(limits: PlanLimits, state: RunState, path: string): void {
  const { step, best, evaluationsSinceBest, sampler } = state;
  const refuse = (what: string): never => {
    throw damaged(path, what);
  };
  if (step > limits.steps) refuse(`it stands at step ${step} of ${limits.steps}`);
  if (best.step > step) refuse(`its best step ${best.step} comes after its step ${step}`);
  if (evaluationsSinceBest > step + 1) refuse(`it counts ${evaluationsSinceBest} evaluations`);
  if (limits.accumulate === undefined) return;
  const { epoch, batch } = sampler;
  const drawn = step * limits.accumulate;
  const fits = epoch === 0 ? batch === drawn : epoch + batch <= drawn;
  if (!fits || batch >= limits.batches(epoch))
    refuse(`batch ${batch} of epoch ${epoch} is not where step ${step} ends`);
}

/** The error of a checkpoint that is not what was written. */
export function damaged(path: string, what: string): UserError {
  return new UserError("damaged-checkpoint", `the checkpoint is damaged: ${what}`, {
    at: { file: path },
    hint: "remove this folder, so that the checkpoint before it is used",
  });
}
