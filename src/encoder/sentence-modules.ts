import { existsSync, realpathSync } from "node:fs";
import { isAbsolute, join, normalize, sep } from "node:path";
import { UserError } from "../errors/user-error.js";
import {
  isObject,
  type JsonObject,
  readJson,
  readJsonObject,
  stringOf,
} from "../files/json-file.js";
import type { PoolingMode } from "./pooling-mode.js";

/** What modules.json of sentence-transformers says about a model folder. */
export interface SentenceModules {
  /** Undefined when no Pooling module is listed. */
  readonly pooling: PoolingMode | undefined;
  /** Whether vectors are divided by their L2 norm. */
  readonly normalize: boolean;
}

interface Module {
  /** Class name without its package: Transformer, Pooling, Dense, Normalize, … */
  readonly kind: string;
  /** Folder of the module's own files, inside the model folder. */
  readonly path: string;
}

/** Older boolean settings of 1_Pooling/config.json and the modes they stand for. */
const LEGACY_MODES: Readonly<Record<string, string>> = {
  pooling_mode_cls_token: "cls",
  pooling_mode_max_tokens: "max",
  pooling_mode_mean_tokens: "mean",
  pooling_mode_mean_sqrt_len_tokens: "mean_sqrt_len_tokens",
  pooling_mode_weightedmean_tokens: "weightedmean",
  pooling_mode_lasttoken: "lasttoken",
};

const SUPPORTED: Readonly<Record<string, PoolingMode>> = {
  mean: "mean",
  cls: "cls",
  lasttoken: "last",
};

/**
 * Reads modules.json and the Pooling module's config.json (older booleans or the newer `pooling_mode`). Undefined when the
 * folder has no modules.json. A module that is not understood is a UserError, for vectors without it would not be the model's;
 * so is a Dense, unless `headFolded` says that onnx/model.onnx applies it already.
 */
export async function readSentenceModules(
  folder: string,
  headFolded: boolean,
): Promise<SentenceModules | undefined> {
  const file = join(folder, "modules.json");
  const list = await readJson(file);
  if (list === undefined) return undefined;
  const modules = parseModules(list, file);
  for (const module of modules) checkModule(module, file, headFolded);
  for (const { path } of modules) requireInside(folder, path);
  const pooling = modules.find((module) => module.kind === "Pooling");
  return {
    pooling: pooling === undefined ? undefined : await readPooling(join(folder, pooling.path)),
    normalize: modules.some((module) => module.kind === "Normalize"),
  };
}

function parseModules(list: unknown, file: string): Module[] {
  const items = Array.isArray(list) ? list : [];
  const modules = items.filter(isObject).map((item) => ({
    kind: stringOf(item.type)?.split(".").at(-1) ?? "",
    path: stringOf(item.path) ?? "",
  }));
  if (modules.length === 0 || modules.length !== items.length) {
    throw new UserError("bad-modules", "must list modules, each with a type and a path", {
      at: { file },
    });
  }
  return modules;
}

function checkModule(module: Module, file: string, headFolded: boolean): void {
  if (isAbsolute(module.path) || normalize(module.path).split(/[\\/]/).includes("..")) {
    throw new UserError("bad-modules", `path "${module.path}" leads out of the folder`, {
      at: { file },
    });
  }
  if (["Transformer", "Pooling", "Normalize", "Dropout"].includes(module.kind)) return;
  if (module.kind === "Dense" && headFolded) return;
  if (module.kind === "Dense") {
    throw new UserError("dense-module", `lists a Dense module (${module.path})`, {
      at: { file },
      hint: 'fold it into onnx/model.onnx and say so in config.json with "head": "folded", or take its line out of modules.json to use the encoder without it',
    });
  }
  throw new UserError("unknown-module", `lists a module of type ${module.kind}`, {
    at: { file },
    hint: "only Transformer, Pooling and Normalize can be applied here",
  });
}

/** A module's folder behind a link must lie in the model's folder, or where the hub's cache keeps the files of that model. */
function requireInside(folder: string, path: string): void {
  for (const file of [join(folder, path), join(folder, path, "config.json")]) {
    if (!existsSync(file)) continue;
    const [real, home] = [realpathSync(file), realpathSync(folder)];
    const inside = real === home || real.startsWith(home + sep);
    const cached = real.startsWith(join(home, "..", "..", "blobs") + sep);
    if (inside || cached) continue;
    throw new UserError("bad-modules", `is a link to "${real}", out of the model's folder`, {
      at: { file },
      hint: "copy the files there",
    });
  }
}

async function readPooling(folder: string): Promise<PoolingMode> {
  const file = join(folder, "config.json");
  const config = await readJsonObject(file);
  if (config === undefined) {
    throw new UserError("no-pooling-config", "does not exist, though modules.json refers to it", {
      at: { file },
    });
  }
  const modes = poolingModes(config);
  const mode = modes.length === 1 ? SUPPORTED[modes[0] ?? ""] : undefined;
  if (mode === undefined || config.include_prompt === false) {
    const what = mode === undefined ? modes.join(" + ") : `${mode} without the prompt`;
    throw new UserError("unknown-pooling", `asks for the pooling ${what}`, {
      at: { file },
      hint: "only mean, cls and lasttoken can be applied here",
    });
  }
  return mode;
}

/** As sentence-transformers reads it: `pooling_mode` wins; no mode at all means the mean. */
function poolingModes(config: JsonObject): string[] {
  const mode = config.pooling_mode;
  if (mode !== undefined) return [mode].flat().map(String);
  const modes = Object.entries(LEGACY_MODES).filter(([key]) => config[key] === true);
  return modes.length === 0 ? ["mean"] : modes.map(([, name]) => name);
}
