import { existsSync, readdirSync } from "node:fs";
import { join, relative, sep } from "node:path";
import { UserError } from "../../errors/user-error.js";
import { isObject } from "../../files/json-file.js";
import { readSealed } from "../../files/sealed-json.js";

/** What embtune writes into checkpoints/. */
const CHECKPOINT_FILE =
  /^(step|best|evaluated)-\d{6,}\/((parameters|optimizer|buffers|average)\.safetensors|(state|hashes)\.json)$/;

/** What embtune writes into folds/: a log and checkpoints of each. */
const FOLD_FILE = new RegExp(`^\\d+/(log\\.jsonl$|checkpoints/${CHECKPOINT_FILE.source.slice(1)})`);

/** What embtune writes into cache/: vectors under a fingerprint, activations, models of checkpoints. */
const CACHE_FILE = /^([0-9a-f]{16}\/|activations\.f32$|model-step-\d+\/)/;

/** What an unfinished write leaves. */
const LEFT_OVER = /(^|\/)\.[^/]+\.tmp(\/|$)/;

/**
 * Files inside checkpoints/, folds/, cache/ and model/ of a run that embtune did not write, by their paths in the run. A model folder without
 * a readable manifest counts as embtune's own.
 */
export function foreignFiles(run: string): string[] {
  const own = ownModelFiles(join(run, "model"));
  return [
    ...filesIn(run, "checkpoints", (name) => CHECKPOINT_FILE.test(name)),
    ...filesIn(run, "folds", (name) => FOLD_FILE.test(name)),
    ...filesIn(run, "cache", (name) => CACHE_FILE.test(name)),
    ...filesIn(run, "model", (name) => own === undefined || own.has(name)),
  ];
}

/** The files of a part of the run that are none of `own`. */
function filesIn(run: string, part: string, own: (name: string) => boolean): string[] {
  const folder = join(run, part);
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => !entry.isDirectory())
    .map((entry) => relative(folder, join(entry.parentPath ?? entry.path, entry.name)))
    .map((name) => name.split(sep).join("/"))
    .filter((name) => !own(name) && !LEFT_OVER.test(name))
    .map((name) => join(part, name));
}

function ownModelFiles(model: string): ReadonlySet<string> | undefined {
  const path = join(model, "manifest.json");
  if (!existsSync(path)) return undefined;
  try {
    const { files } = readSealed(path).content;
    return isObject(files) ? new Set([...Object.keys(files), "manifest.json"]) : undefined;
  } catch (error) {
    if (error instanceof UserError) return undefined;
    throw error;
  }
}
