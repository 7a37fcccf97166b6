import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { SamplerState } from "../../dataset/batches/sampler.js";
import { UserError } from "../../errors/user-error.js";
import { fileError, writeFolderAtomic } from "../../files/files.js";
import { writeTensors } from "../../files/tensor-file.js";
import { decodeSafetensors } from "../../math/safetensors.js";
import type { Tensor } from "../../math/tensor.js";
import type { StoredTensors } from "../../runtime/runtime.js";

/** The numbers an optimizer works on, by parameter name; all in the parameter's shape. */
export interface Weights {
  readonly parameters: ReadonlyMap<string, Tensor>;
  readonly firstMoments: ReadonlyMap<string, Tensor>;
  readonly secondMoments: ReadonlyMap<string, Tensor>;
  /** What else the next update depends on, without being trained: the queue of earlier candidates. */
  readonly buffers?: ReadonlyMap<string, Tensor> | undefined;
}

/** What a checkpoint is written from. */
export interface WeightSource {
  /** Writes a safetensors file of these numbers of every trained tensor, from where they lie. */
  readonly write: (path: string, parts: readonly StoredTensors[]) => Promise<void>;
  readonly buffers: () => ReadonlyMap<string, Tensor>;
}

const PARAMETERS: readonly StoredTensors[] = [{ part: "parameter", suffix: "" }];
const MOMENTS: readonly StoredTensors[] = [
  { part: "firstMoment", suffix: ".first_moment" },
  { part: "secondMoment", suffix: ".second_moment" },
];

/** The best evaluation so far; step 0 is the model that training started from. */
export interface Best {
  readonly step: number;
  readonly value: number;
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

const stepFolder = (step: number): string => `step-${String(step).padStart(6, "0")}`;
const bestFolder = (step: number): string => `best-${String(step).padStart(6, "0")}`;

/**
 * Writes checkpoints/step-N/ whole or not at all: parameters.safetensors, optimizer.safetensors
 * (`NAME.first_moment`, `NAME.second_moment`), buffers.safetensors where there are any, and state.json. Returns its path.
 */
export async function writeCheckpoint(
  checkpoints: string,
  state: RunState,
  source: WeightSource,
): Promise<string> {
  const target = checkpointPath(checkpoints, state.step);
  await writeInto(checkpoints, target, async (folder) => {
    await source.write(join(folder, "parameters.safetensors"), PARAMETERS);
    await source.write(join(folder, "optimizer.safetensors"), MOMENTS);
    const buffers = source.buffers();
    if (buffers.size > 0) writeTensors(join(folder, "buffers.safetensors"), buffers);
    writeFileSync(join(folder, "state.json"), `${JSON.stringify(state, null, 2)}\n`);
  });
  return target;
}

/** A checkpoint's content. */
export interface Checkpoint {
  readonly state: RunState;
  readonly weights: Weights;
}

/** Reads a checkpoint folder written by `writeCheckpoint`. What is missing or damaged is a UserError. */
export function readCheckpoint(folder: string): Checkpoint {
  const state = readState(folder);
  const parameters = readTensors(join(folder, "parameters.safetensors"));
  const path = join(folder, "optimizer.safetensors");
  const moments = readTensors(path);
  const buffers = join(folder, "buffers.safetensors");
  const moment = (suffix: string): Map<string, Tensor> =>
    new Map(
      [...parameters.keys()].map((name) => {
        const tensor = moments.get(name + suffix);
        if (tensor === undefined) throw damaged(path, `it has no tensor "${name}${suffix}"`);
        return [name, tensor];
      }),
    );
  return {
    state,
    weights: {
      parameters,
      firstMoments: moment(".first_moment"),
      secondMoments: moment(".second_moment"),
      buffers: existsSync(buffers) ? readTensors(buffers) : undefined,
    },
  };
}

function readState(folder: string): RunState {
  const path = join(folder, "state.json");
  try {
    const state = JSON.parse(readFileSync(path, "utf8")) as Partial<RunState> | null;
    const numbers = [state?.step, state?.evaluationsSinceBest, state?.best?.step];
    const { epoch, batch } = state?.sampler ?? {};
    if ([...numbers, epoch, batch].every((x) => Number.isSafeInteger(x))) {
      return withNumbers(state as RunState);
    }
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw fileError(error, path);
  }
  throw damaged(path, "it is not the state of a run");
}

/** JSON has no NaN and no infinities: both come back as null. */
function withNumbers(state: RunState): RunState {
  const { best, start } = state;
  const value = best.value ?? Number.NEGATIVE_INFINITY;
  return { ...state, best: { ...best, value }, start: start ?? Number.NaN };
}

function damaged(path: string, what: string): UserError {
  return new UserError("damaged-checkpoint", `the checkpoint is damaged: ${what}`, {
    at: { file: path },
    hint: "remove this folder, so that the checkpoint before it is used",
  });
}

/** The parameters of the checkpoint of a step, without the optimizer's moments. */
export function readParameters(checkpoints: string, step: number): Map<string, Tensor> {
  return readTensors(join(checkpointPath(checkpoints, step), "parameters.safetensors"));
}

/** Keeps the parameters of the best evaluation as checkpoints/best-N/. */
export async function writeBest(
  checkpoints: string,
  step: number,
  source: WeightSource,
): Promise<void> {
  await writeInto(checkpoints, join(checkpoints, bestFolder(step)), (folder) =>
    source.write(join(folder, "parameters.safetensors"), PARAMETERS),
  );
}

/** Whether the parameters of that step are kept. */
export function hasBest(checkpoints: string, step: number): boolean {
  return existsSync(join(checkpoints, bestFolder(step)));
}

/** The parameters kept by `writeBest`. */
export function readBest(checkpoints: string, step: number): Map<string, Tensor> {
  return readTensors(join(checkpoints, bestFolder(step), "parameters.safetensors"));
}

/** The checkpoint to go on from, and what was passed over to find it. */
export interface FoundCheckpoint {
  readonly checkpoint: (Checkpoint & { readonly path: string }) | undefined;
  /** Unfinished or damaged ones, each with the reason. */
  readonly ignored: readonly string[];
}

/**
 * The newest whole checkpoint of a run. A folder is renamed into place when it is complete, so one with a temporary name is
 * unfinished; it is removed. One that cannot be read is passed over for the one before it.
 */
export function findCheckpoint(checkpoints: string): FoundCheckpoint {
  const ignored = removeUnfinished(checkpoints);
  for (const step of checkpointSteps(checkpoints)) {
    const path = checkpointPath(checkpoints, step);
    try {
      return { checkpoint: { ...readCheckpoint(path), path }, ignored };
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      ignored.push(`${stepFolder(step)}: ${error.message}`);
    }
  }
  return { checkpoint: undefined, ignored };
}

/** Steps of the checkpoints that a run has, the newest first. */
export function checkpointSteps(checkpoints: string): number[] {
  return stepsOf(checkpoints, "step").sort((a, b) => b - a);
}

/** checkpoints/step-N. */
export function checkpointPath(checkpoints: string, step: number): string {
  return join(checkpoints, stepFolder(step));
}

function removeUnfinished(checkpoints: string): string[] {
  if (!existsSync(checkpoints)) return [];
  const names = readdirSync(checkpoints).filter((name) => /^\..*\.tmp$/.test(name));
  for (const name of names) remove(join(checkpoints, name));
  return names.map((name) => `${name}: it was not written to its end`);
}

/**
 * Removes all but the newest `keep` checkpoints, and all kept best parameters but those that a checkpoint left in place
 * refers to.
 */
export function prune(checkpoints: string, keep: number): void {
  const steps = checkpointSteps(checkpoints);
  for (const step of steps.slice(keep)) remove(checkpointPath(checkpoints, step));
  const wanted = new Set(steps.slice(0, keep).map((step) => bestOf(checkpoints, step)));
  for (const step of stepsOf(checkpoints, "best")) {
    if (!wanted.has(step)) remove(join(checkpoints, bestFolder(step)));
  }
}

/** The best step by a checkpoint's own account; none by one that cannot be read. */
function bestOf(checkpoints: string, step: number): number | undefined {
  try {
    return readState(checkpointPath(checkpoints, step)).best.step;
  } catch {
    return undefined;
  }
}

/** Writes a folder whole or not at all; where the run's own folder is gone, that is the error. */
async function writeInto(
  checkpoints: string,
  target: string,
  fill: (folder: string) => Promise<void>,
): Promise<void> {
  try {
    await writeFolderAtomic(target, fill);
  } catch (error) {
    if (existsSync(checkpoints)) throw error;
    throw new UserError("run-folder-gone", "the run folder was removed while the run went on", {
      at: { file: checkpoints },
      hint: "start the run again",
      cause: error,
    });
  }
}

function stepsOf(checkpoints: string, kind: "step" | "best"): number[] {
  if (!existsSync(checkpoints)) return [];
  const pattern = new RegExp(`^${kind}-(\\d{6,})$`);
  return readdirSync(checkpoints).flatMap((name) => {
    const match = pattern.exec(name);
    return match === null ? [] : [Number(match[1])];
  });
}

function remove(folder: string): void {
  rmSync(folder, { recursive: true, force: true });
}

function readTensors(path: string): Map<string, Tensor> {
  if (!existsSync(path)) {
    throw new UserError("missing-checkpoint-file", "the checkpoint is incomplete: no such file", {
      at: { file: path },
      hint: "resume from an older checkpoint by removing this folder",
    });
  }
  return new Map(decodeSafetensors(readFileSync(path), path).tensors);
}
