import { existsSync, realpathSync } from "node:fs";
import { dirname, isAbsolute, join, normalize, sep } from "node:path";
import { UserError } from "../../errors/user-error.js";
import { isObject, readJson, stringOf } from "../../files/json-file.js";

/** An entry of modules.json. */
export interface ListedModule {
  /** Class name without its package: Transformer, Pooling, Dense, Normalize, … */
  readonly kind: string;
  /** Folder of the module's own files, inside the model folder. */
  readonly path: string;
}

/** Classes that can be applied; Dropout does nothing outside of training. */
const KNOWN = [
  "Transformer",
  "StaticEmbedding",
  "Pooling",
  "Dense",
  "LayerNorm",
  "Normalize",
  "Dropout",
];

/** The entries of a modules.json, in order; undefined where there is no such file. Classes that are not known are UserErrors. */
export async function listedModules(file: string): Promise<ListedModule[] | undefined> {
  const list = await readJson(file);
  if (list === undefined) return undefined;
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
  for (const module of modules) check(module, file);
  for (const { path } of modules) requireInside(dirname(file), path);
  return modules;
}

function check({ kind, path }: ListedModule, file: string): void {
  if (isAbsolute(path) || normalize(path).split(/[\\/]/).includes("..")) {
    throw new UserError("bad-modules", `path "${path}" leads out of the folder`, { at: { file } });
  }
  if (KNOWN.includes(kind)) return;
  throw new UserError("unknown-module", `lists a module of type ${kind}`, {
    at: { file },
    hint: `only ${KNOWN.join(", ")} can be applied here`,
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
