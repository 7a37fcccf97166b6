import { existsSync } from "node:fs";
import { join } from "node:path";
import { UserError } from "../../errors/user-error.js";
import { type JsonObject, readJsonObject } from "../../files/json-file.js";
import { type StoredTensor, storedTensors } from "../../files/safetensors-file.js";
import type { Tensor } from "../../math/tensor.js";
import { readWhole, requireFloats } from "../weights/read-piece.js";
import { type ListedModule, listedModules } from "./module-list.js";
import {
  ACTIVATION_CLASSES,
  type ModuleSpec,
  type ModuleStack,
  moduleParameter,
  moduleParameters,
} from "./module-stack.js";
import { type PoolingConfig, readPoolingConfig } from "./pooling-config.js";

/** What modules.json of sentence-transformers says about a model folder. */
export interface SentenceModules extends Partial<PoolingConfig> {
  /** Whether vectors are divided by their L2 norm at the end. */
  readonly normalize: boolean;
  /** Whether the first module looks tokens up, with nothing behind it that knows their order. */
  readonly isStatic: boolean;
  /** Folder of the first module, inside the model folder. */
  readonly path: string;
  /** What comes between pooling and the last normalisation; undefined: nothing. */
  readonly stack: ModuleStack | undefined;
  /** Files that the stack was read from. */
  readonly files: readonly string[];
}

/**
 * Reads modules.json and the files of its modules. Undefined when the folder has no modules.json. A module that is not understood is a
 * UserError, for vectors without it would not be the model's. With `headFolded` the model file applies Dense and LayerNorm already.
 */
export async function readSentenceModules(
  folder: string,
  headFolded: boolean,
): Promise<SentenceModules | undefined> {
  const list = await listedModules(join(folder, "modules.json"));
  if (list === undefined) return undefined;
  const pooling = list.find(({ kind }) => kind === "Pooling");
  const behind = list.filter(({ kind }) => ["Dense", "LayerNorm", "Normalize"].includes(kind));
  const normalize = behind.at(-1)?.kind === "Normalize";
  const between = normalize ? behind.slice(0, -1) : behind;
  const read = headFolded
    ? []
    : await Promise.all(between.map((one, i) => readModule(folder, one, i)));
  const specs = read.map(({ spec }) => spec);
  const parameters = new Map(read.flatMap((one) => one.parameters));
  return {
    ...(pooling && (await readPoolingConfig(join(folder, pooling.path)))),
    normalize: normalize || (headFolded && behind.some(({ kind }) => kind === "Normalize")),
    isStatic: list[0].kind === "StaticEmbedding",
    path: list[0].path,
    stack: specs.length === 0 ? undefined : { specs, parameters },
    files: read.flatMap(({ files }) => files),
  };
}

interface ReadModule {
  readonly spec: ModuleSpec;
  readonly parameters: readonly (readonly [name: string, tensor: Tensor])[];
  readonly files: readonly string[];
}

async function readModule(
  folder: string,
  { kind, path }: ListedModule,
  i: number,
): Promise<ReadModule> {
  if (kind === "Normalize") return { spec: { kind: "normalize" }, parameters: [], files: [] };
  const file = join(folder, path, "config.json");
  const config = await readJsonObject(file);
  if (config === undefined)
    throw new UserError(
      "no-module-config",
      `does not exist, though modules.json lists ${kind} there`,
      {
        at: { file },
      },
    );
  const spec: ModuleSpec =
    kind === "Dense"
      ? denseSpec(config, file)
      : { kind: "layer-norm", size: sizeIn(config, "dimension", file) };
  const weights = join(folder, path, "model.safetensors");
  const stored = storedModule(join(folder, path));
  const parameters = moduleParameters([spec]).map(({ name, shape }) => {
    const own = name.slice(moduleParameter(0, "").length);
    return [moduleParameter(i, own), tensorOf(stored, own, { shape, weights })] as const;
  });
  return { spec, parameters, files: [file, weights] };
}

function denseSpec(config: JsonObject, file: string): ModuleSpec {
  const name = config.activation_function ?? "torch.nn.modules.activation.Tanh";
  const activation = ACTIVATION_CLASSES.find((known) => known === name);
  if (activation === undefined)
    throw new UserError(
      "unknown-activation",
      `asks for activation_function ${JSON.stringify(name)}`,
      {
        at: { file },
        hint: `known are ${ACTIVATION_CLASSES.join(", ")}`,
      },
    );
  for (const key of ["module_input_name", "module_output_name"]) {
    const value = config[key] ?? "sentence_embedding";
    if (value === "sentence_embedding") continue;
    throw new UserError(
      "unknown-module",
      `has ${key} ${JSON.stringify(value)}, expected sentence_embedding`,
      {
        at: { file },
        hint: "modules on single tokens cannot be applied here",
      },
    );
  }
  return {
    kind: "dense",
    input: sizeIn(config, "in_features", file),
    output: sizeIn(config, "out_features", file),
    bias: config.bias !== false,
    activation,
    residual: config.use_residual === true,
  };
}

function sizeIn(config: JsonObject, name: string, file: string): number {
  const value = config[name];
  if (Number.isSafeInteger(value) && (value as number) > 0) return value as number;
  throw new UserError(
    "bad-config",
    `${name} must be a whole number above zero, got ${JSON.stringify(value)}`,
    { at: { file } },
  );
}

function storedModule(folder: string): Map<string, StoredTensor> {
  const file = join(folder, "model.safetensors");
  if (existsSync(file)) return storedTensors(file);
  const pickled = existsSync(join(folder, "pytorch_model.bin"));
  throw new UserError("no-module-weights", "does not exist, though modules.json lists its folder", {
    at: { file },
    hint: pickled
      ? "pytorch_model.bin is a pickle, which can run any code and is never read; save the model with safe_serialization=True"
      : "copy the folder again, with the files of all its modules",
  });
}

function tensorOf(
  stored: ReadonlyMap<string, StoredTensor>,
  name: string,
  { shape, weights }: { readonly shape: readonly number[]; readonly weights: string },
): Tensor {
  const tensor = stored.get(name);
  const at = { file: weights };
  if (tensor === undefined)
    throw new UserError("missing-tensor", `holds no tensor "${name}"`, { at });
  if (`${tensor.shape}` !== `${shape}`)
    throw new UserError(
      "wrong-shape",
      `tensor "${name}" has the shape [${tensor.shape}], expected [${shape}] by config.json beside it`,
      { at },
    );
  requireFloats(name, tensor);
  return readWhole(tensor);
}
