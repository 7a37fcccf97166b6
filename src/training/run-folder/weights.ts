import { existsSync, readdirSync, rmSync } from "node:fs";
import { UserError } from "../../errors/user-error.js";
import { fileError, writeFolderAtomic } from "../../files/files.js";
import type { Tensor } from "../../math/tensor.js";
import type { StoredTensors } from "../../runtime/runtime.js";

/** The numbers an optimizer works on, by parameter name; all in the parameter's shape. */
export interface Weights {
  readonly parameters: ReadonlyMap<string, Tensor>;
  readonly firstMoments: ReadonlyMap<string, Tensor>;
  readonly secondMoments: ReadonlyMap<string, Tensor>;
  /** Moving averages, where the run keeps them. */
  readonly averages?: ReadonlyMap<string, Tensor> | undefined;
  /** What else the next update depends on, without being trained: the queue of earlier candidates. */
  readonly buffers?: ReadonlyMap<string, Tensor> | undefined;
}

/** What a checkpoint is written from. */
export interface WeightSource {
  /** Writes a safetensors file of these numbers of every trained tensor, from where they lie; returns its SHA-256, hex. */
  readonly write: (path: string, parts: readonly StoredTensors[]) => Promise<string>;
  readonly buffers: () => ReadonlyMap<string, Tensor>;
  /** Whether moving averages are kept; default false. */
  readonly averaged?: boolean | undefined;
}

/** Every trained tensor as it is. */
export const PARAMETERS: readonly StoredTensors[] = [{ part: "parameter", suffix: "" }];
/** Both moments of AdamW. */
export const MOMENTS: readonly StoredTensors[] = [
  { part: "firstMoment", suffix: ".first_moment" },
  { part: "secondMoment", suffix: ".second_moment" },
];

/** Moving averages. */
export const AVERAGES: readonly StoredTensors[] = [{ part: "average", suffix: "" }];

/** Files of a checkpoint. */
export const PARAMETER_FILE = "parameters.safetensors";
export const OPTIMIZER_FILE = "optimizer.safetensors";
export const AVERAGE_FILE = "average.safetensors";
export const BUFFER_FILE = "buffers.safetensors";

/** Writes a folder whole or not at all; where the run's own folder is gone, that is the error. */
export async function writeInto(
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

/** Steps of the folders of a kind that a run has. */
export function stepsOf(checkpoints: string, kind: "step" | "best" | "evaluated"): number[] {
  const pattern = new RegExp(`^${kind}-(\\d{6,})$`);
  return namesIn(checkpoints).flatMap((name) => {
    const match = pattern.exec(name);
    return match === null ? [] : [Number(match[1])];
  });
}

/** What lies in checkpoints/; nothing where it is not there. */
export function namesIn(checkpoints: string): string[] {
  if (!existsSync(checkpoints)) return [];
  try {
    return readdirSync(checkpoints);
  } catch (error) {
    throw fileError(error, checkpoints);
  }
}

/** Removes a folder with all that is in it. */
export function remove(folder: string): void {
  rmSync(folder, { recursive: true, force: true });
}
