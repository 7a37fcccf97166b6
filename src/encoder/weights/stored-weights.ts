import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { UserError } from "../../errors/user-error.js";
import { isObject, readJsonObject } from "../../files/json-file.js";
import { type StoredTensor, storedTensors } from "../../files/safetensors-file.js";

/** Names of the file with all weights, and of the list of files where they are spread over several. */
export const WEIGHTS_FILE = "model.safetensors";
export const INDEX_FILE = "model.safetensors.index.json";

/** The weights of a model folder, not read yet. */
export interface StoredWeights {
  readonly tensors: ReadonlyMap<string, StoredTensor>;
  /** Files that hold them, in order. */
  readonly files: readonly string[];
}

/** Whether it is a file of weights, or their index, and no ONNX file. */
export function isWeightsFile(file: string): boolean {
  return file.endsWith(".safetensors") || file.endsWith(INDEX_FILE);
}

/** The file by which the weights of a folder are found: model.safetensors or its index; undefined where there is neither. */
export function weightsFile(folder: string): string | undefined {
  return [WEIGHTS_FILE, INDEX_FILE]
    .map((name) => join(folder, name))
    .find((path) => existsSync(path));
}

/**
 * What the safetensors files of a folder hold, by their headers. UserErrors: `missing-shard`, `missing-tensor` for what the index lists
 * and is not there, and those of `storedTensors`.
 */
export async function storedWeights(folder: string): Promise<StoredWeights> {
  const index = join(folder, INDEX_FILE);
  const single = join(folder, WEIGHTS_FILE);
  if (existsSync(single)) return { tensors: storedTensors(single), files: [single] };
  const placed = await placedTensors(index);
  const names = filesOf(placed);
  const shards = new Map(names.map((name) => [name, shard(folder, name, index)]));
  const tensors = placed.map(([name, file]) => {
    const tensor = shards.get(file)?.get(name);
    if (tensor !== undefined) return [name, tensor] as const;
    throw new UserError("missing-tensor", `lists "${name}" in ${file}, which does not hold it`, {
      at: { file: index },
    });
  });
  return { tensors: new Map(tensors), files: [index, ...names.map((name) => join(folder, name))] };
}

/** The tensors that an index lists, each with the name of its file. */
async function placedTensors(index: string): Promise<[tensor: string, file: string][]> {
  const map = (await readJsonObject(index))?.weight_map;
  const listed = isObject(map) ? Object.entries(map) : [];
  const placed = listed.filter((entry): entry is [string, string] => isPlainName(entry[1]));
  if (placed.length > 0 && placed.length === listed.length) return placed;
  throw new UserError("bad-index", "must list in weight_map the file of each tensor", {
    at: { file: index },
  });
}

const filesOf = (placed: readonly (readonly [string, string])[]): string[] =>
  [...new Set(placed.map(([, file]) => file))].sort();

/** The files that the index of a folder lists. UserError `bad-index`. */
export async function shardNames(folder: string): Promise<string[]> {
  return filesOf(await placedTensors(join(folder, INDEX_FILE)));
}

const isPlainName = (value: unknown): value is string =>
  typeof value === "string" && /^[^/\\]+$/.test(value) && value !== "..";

function shard(folder: string, name: string, index: string): Map<string, StoredTensor> {
  const file = join(folder, name);
  if (existsSync(file)) return storedTensors(file);
  const present = readdirSync(folder).filter((one) => one.endsWith(".safetensors"));
  throw new UserError("missing-shard", `lists ${name}, which is not in the folder`, {
    at: { file: index },
    hint: `copy it there; the folder has ${present.sort().join(", ") || "no safetensors file"}`,
  });
}
