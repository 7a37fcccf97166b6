import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { UserError } from "../../errors/user-error.js";
import { sealedText } from "../../files/sealed-json.js";
import { writeTensors } from "../../files/tensor-file.js";
import type { Tensor } from "../../math/tensor.js";
import { bestPath, requireBest } from "./best.js";
import { readTensors } from "./checked-tensors.js";
import {
  damaged,
  type Hashes,
  type PlanLimits,
  type RunState,
  readState,
  requireWithin,
} from "./run-state.js";
import {
  AVERAGE_FILE,
  AVERAGES,
  BUFFER_FILE,
  MOMENTS,
  namesIn,
  OPTIMIZER_FILE,
  PARAMETER_FILE,
  PARAMETERS,
  remove,
  stepsOf,
  type WeightSource,
  type Weights,
  writeInto,
} from "./weights.js";

const stepFolder = (step: number): string => `step-${String(step).padStart(6, "0")}`;

/**
 * Writes checkpoints/step-N/ whole or not at all: parameters.safetensors, optimizer.safetensors
 * (`NAME.first_moment`, `NAME.second_moment`), average.safetensors and buffers.safetensors where there are any, and state.json with the SHA-256 of each
 * and of itself. Returns its path.
 */
export async function writeCheckpoint(
  checkpoints: string,
  state: RunState,
  source: WeightSource,
): Promise<string> {
  const target = checkpointPath(checkpoints, state.step);
  await writeInto(checkpoints, target, async (folder) => {
    const files: Record<string, string> = {
      [PARAMETER_FILE]: await source.write(join(folder, PARAMETER_FILE), PARAMETERS),
      [OPTIMIZER_FILE]: await source.write(join(folder, OPTIMIZER_FILE), MOMENTS),
    };
    if (source.averaged === true)
      files[AVERAGE_FILE] = await source.write(join(folder, AVERAGE_FILE), AVERAGES);
    const buffers = source.buffers();
    if (buffers.size > 0)
      files[BUFFER_FILE] = await writeTensors(join(folder, BUFFER_FILE), buffers);
    writeFileSync(join(folder, "state.json"), sealedText({ ...state, files }));
  });
  return target;
}

/** A checkpoint's content. */
interface Checkpoint {
  readonly state: RunState;
  readonly weights: Weights;
  /** Whether it was checked; an earlier version kept no hashes. */
  readonly sealed: boolean;
}

/**
 * Reads a checkpoint folder written by `writeCheckpoint`, each file checked against its SHA-256. What is missing or damaged is a
 * UserError.
 */
export function readCheckpoint(folder: string): Checkpoint {
  const { state, files } = readState(folder);
  const parameters = readTensors(folder, PARAMETER_FILE, files);
  const moments = readTensors(folder, OPTIMIZER_FILE, files);
  const moment = (suffix: string): Map<string, Tensor> =>
    new Map(
      [...parameters.keys()].map((name) => {
        const tensor = moments.get(name + suffix);
        if (tensor !== undefined) return [name, tensor];
        throw damaged(join(folder, OPTIMIZER_FILE), `it has no tensor "${name}${suffix}"`);
      }),
    );
  return {
    state,
    sealed: files !== undefined,
    weights: {
      parameters,
      firstMoments: moment(".first_moment"),
      secondMoments: moment(".second_moment"),
      averages:
        files !== undefined && AVERAGE_FILE in files
          ? readTensors(folder, AVERAGE_FILE, files)
          : undefined,
      buffers: hasBuffers(folder, files) ? readTensors(folder, BUFFER_FILE, files) : undefined,
    },
  };
}

function hasBuffers(folder: string, files: Hashes | undefined): boolean {
  return files === undefined ? existsSync(join(folder, BUFFER_FILE)) : BUFFER_FILE in files;
}

/** The parameters of the checkpoint of a step, without the optimizer's moments. UserErrors as `readCheckpoint`. */
export function readParameters(checkpoints: string, step: number): Map<string, Tensor> {
  const folder = checkpointPath(checkpoints, step);
  return readTensors(folder, PARAMETER_FILE, readState(folder).files);
}

/** The moving averages in the checkpoint of a step. UserErrors as `readCheckpoint`. */
export function readAverages(checkpoints: string, step: number): Map<string, Tensor> {
  const folder = checkpointPath(checkpoints, step);
  return readTensors(folder, AVERAGE_FILE, readState(folder).files);
}

/** The checkpoint to go on from, and what was passed over to find it. */
interface FoundCheckpoint {
  readonly checkpoint: (Checkpoint & { readonly path: string }) | undefined;
  /** Unfinished or damaged ones, each with the reason, and one that could not be checked. */
  readonly remarks: readonly string[];
}

/** Which checkpoints count. */
interface CheckpointSearch {
  /** What the run's plan allows; undefined: anything. */
  readonly limits?: PlanLimits | undefined;
  /** Only those of earlier steps. */
  readonly before?: number | undefined;
}

/**
 * The newest whole checkpoint of a run. A folder is renamed into place when it is complete, so one with a temporary name is
 * unfinished; it is removed. One that is damaged, or whose best parameters are damaged or gone, is passed over for the one
 * before it.
 */
export function findCheckpoint(
  checkpoints: string,
  { limits, before = Number.POSITIVE_INFINITY }: CheckpointSearch = {},
): FoundCheckpoint {
  const remarks = removeUnfinished(checkpoints);
  for (const step of checkpointSteps(checkpoints).filter((own) => own < before)) {
    const path = checkpointPath(checkpoints, step);
    try {
      const { state, weights, sealed } = readCheckpoint(path);
      if (state.step !== step) throw damaged(path, `it holds step ${state.step}`);
      if (limits !== undefined) requireWithin(limits, state, path);
      if (limits?.keepsBest !== false) requireBest(checkpoints, state.best.step, sealed);
      if (!sealed) remarks.push(`${stepFolder(step)} ${UNCHECKED}`);
      return { checkpoint: { state, weights, sealed, path }, remarks };
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      remarks.push(`${ignored(stepFolder(step))}: ${error.message}`);
    }
  }
  return { checkpoint: undefined, remarks };
}

const UNCHECKED = "was written without SHA-256, so damage in it would not be noticed";

const ignored = (name: string): string => `a checkpoint is ignored: ${name}`;

/** Steps of the checkpoints that a run has, the newest first. */
export function checkpointSteps(checkpoints: string): number[] {
  return stepsOf(checkpoints, "step").sort((a, b) => b - a);
}

/** checkpoints/step-N. */
export function checkpointPath(checkpoints: string, step: number): string {
  return join(checkpoints, stepFolder(step));
}

function removeUnfinished(checkpoints: string): string[] {
  const names = namesIn(checkpoints).filter((name) => /^\..*\.tmp$/.test(name));
  for (const name of names) remove(join(checkpoints, name));
  return names.map((name) => `${ignored(name)}: it was not written to its end`);
}

/**
 * Removes all but the newest `keep` checkpoints, and all kept best parameters but those that a checkpoint left in place
 * refers to and those of the start.
 */
export function prune(checkpoints: string, keep: number): void {
  const steps = checkpointSteps(checkpoints);
  for (const step of steps.slice(keep)) remove(checkpointPath(checkpoints, step));
  const wanted = new Set([0, ...steps.slice(0, keep).map((step) => bestOf(checkpoints, step))]);
  for (const step of stepsOf(checkpoints, "best")) {
    if (!wanted.has(step)) remove(bestPath(checkpoints, step));
  }
}

/** The best step by a checkpoint's own account; none by one that cannot be read. */
function bestOf(checkpoints: string, step: number): number | undefined {
  try {
    return readState(checkpointPath(checkpoints, step)).state.best.step;
  } catch {
    return undefined;
  }
}
