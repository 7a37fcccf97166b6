import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { SamplerState } from "../dataset/batches/sampler.js";
import { internal } from "../errors/internal.js";
import { UserError } from "../errors/user-error.js";
import { decodeSafetensors, encodeSafetensors } from "../math/safetensors.js";
import type { Tensor } from "../math/tensor.js";
import { writeFolderAtomic } from "../runtime/files.js";

/** The numbers an optimizer works on, by parameter name; all in the parameter's shape. */
export interface Weights {
  readonly parameters: ReadonlyMap<string, Tensor>;
  readonly firstMoments: ReadonlyMap<string, Tensor>;
  readonly secondMoments: ReadonlyMap<string, Tensor>;
}

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
 * (`NAME.first_moment`, `NAME.second_moment`) and state.json. Returns its path.
 */
export async function writeCheckpoint(
  checkpoints: string,
  state: RunState,
  weights: Weights,
): Promise<string> {
  const target = join(checkpoints, stepFolder(state.step));
  await writeFolderAtomic(target, async (folder) => {
    writeTensors(join(folder, "parameters.safetensors"), weights.parameters);
    const moments = new Map<string, Tensor>();
    for (const [name, tensor] of weights.firstMoments) moments.set(`${name}.first_moment`, tensor);
    for (const [name, tensor] of weights.secondMoments)
      moments.set(`${name}.second_moment`, tensor);
    writeTensors(join(folder, "optimizer.safetensors"), moments);
    writeFileSync(join(folder, "state.json"), `${JSON.stringify(state, null, 2)}\n`);
  });
  return target;
}

/** Reads a checkpoint folder written by `writeCheckpoint`. */
export function readCheckpoint(folder: string): { state: RunState; weights: Weights } {
  const state = JSON.parse(readFileSync(join(folder, "state.json"), "utf8")) as RunState;
  const parameters = readTensors(join(folder, "parameters.safetensors"));
  const moments = readTensors(join(folder, "optimizer.safetensors"));
  const moment = (suffix: string): Map<string, Tensor> =>
    new Map([...parameters.keys()].map((name) => [name, tensorOf(moments, name + suffix)]));
  return {
    state,
    weights: {
      parameters,
      firstMoments: moment(".first_moment"),
      secondMoments: moment(".second_moment"),
    },
  };
}

/** Keeps the parameters of the best evaluation as checkpoints/best-N/. */
export async function writeBest(
  checkpoints: string,
  step: number,
  parameters: ReadonlyMap<string, Tensor>,
): Promise<void> {
  await writeFolderAtomic(join(checkpoints, bestFolder(step)), async (folder) => {
    writeTensors(join(folder, "parameters.safetensors"), parameters);
  });
}

/** The parameters kept by `writeBest`. */
export function readBest(checkpoints: string, step: number): Map<string, Tensor> {
  return readTensors(join(checkpoints, bestFolder(step), "parameters.safetensors"));
}

/**
 * The newest whole checkpoint of a run; undefined when there is none. A checkpoint folder is renamed into place
 * when complete, so anything with another name is unfinished and left alone.
 */
export function newestCheckpoint(checkpoints: string): string | undefined {
  const [newest] = stepsOf(checkpoints, "step").sort((a, b) => b - a);
  return newest === undefined ? undefined : join(checkpoints, stepFolder(newest));
}

/** Removes all but the newest `keep` checkpoints, and all kept best parameters but those of `bestStep`. */
export function prune(checkpoints: string, keep: number, bestStep: number): void {
  const steps = stepsOf(checkpoints, "step").sort((a, b) => b - a);
  for (const step of steps.slice(keep)) remove(join(checkpoints, stepFolder(step)));
  for (const step of stepsOf(checkpoints, "best")) {
    if (step !== bestStep) remove(join(checkpoints, bestFolder(step)));
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

function writeTensors(path: string, tensors: ReadonlyMap<string, Tensor>): void {
  const chunks = encodeSafetensors({ tensors, metadata: { format: "pt" } });
  writeFileSync(path, Buffer.concat(chunks));
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

function tensorOf(tensors: ReadonlyMap<string, Tensor>, name: string): Tensor {
  return tensors.get(name) ?? internal(`the checkpoint has no tensor "${name}"`);
}
