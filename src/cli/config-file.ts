import { readFileSync } from "node:fs";
import { inFile } from "../errors/located.js";
import { suggestion } from "../errors/suggest.js";
import { UserError } from "../errors/user-error.js";
import { fileError } from "../files/files.js";
import { requireReadable } from "../files/usable-path.js";
import { camelCase, kebabCase } from "../options/option.js";
import { configuredEntries } from "../training/options/file-objectives.js";
import type { TrainOptions } from "../training/options/settings.js";
import { trainTable } from "../training/options/table.js";
import { objectiveFlags } from "./objective-options.js";

/**
 * Reads `--config`: a JSON object of options by their long names (`batch-size` or `batchSize`), those of the objective among them or
 * under `objectiveOptions`; a run's run.json is one. An unknown name is a UserError, and so is what `objectives` says wrongly of a file.
 */
export function readConfig(path: string): Partial<TrainOptions> {
  const values = optionsIn(parse(path), path);
  const own = objectiveFlags();
  const options: Record<string, unknown> = {};
  const objectiveOptions: Record<string, unknown> = { ...asObject(values.objectiveOptions) };
  for (const [key, value] of Object.entries(values)) {
    const name = camelCase(key);
    if (name === "objectiveOptions") continue;
    if (name === "data" && Array.isArray(value)) [options.data, options.moreData] = firstOf(value);
    else if (Object.hasOwn(trainTable, name)) options[name] = value;
    else if (own.has(name)) objectiveOptions[name] = value;
    else throw unknownName(path, key, [...Object.keys(trainTable), ...own]);
  }
  if (options.objectives !== undefined) {
    const { objectives } = options;
    inFile(path, () => configuredEntries(objectives));
  }
  return { ...options, objectiveOptions } as Partial<TrainOptions>;
}

/** `"data": ["a.csv", "b.jsonl"]`: several files, as on the command line. */
function firstOf(files: readonly unknown[]): readonly [unknown, readonly unknown[]] {
  const [first, ...more] = files;
  return [first, more];
}

function parse(path: string): unknown {
  requireReadable(path);
  try {
    return JSON.parse(readFileSync(path, "utf8"));
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw fileError(error, path);
    throw new UserError("bad-config", `is not valid JSON: ${error.message}`, {
      at: { file: path },
    });
  }
}

/** The options themselves, or those inside a run.json, without the folder of that run. */
function optionsIn(value: unknown, path: string): Record<string, unknown> {
  const object = asObject(value);
  if (object === undefined) {
    throw new UserError("bad-config", "must hold a JSON object of options", { at: { file: path } });
  }
  if (typeof object.embtune !== "string") return object;
  const { out: _, ...options } = asObject(object.options) ?? {};
  return options;
}

function asObject(value: unknown): Record<string, unknown> | undefined {
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : undefined;
}

function unknownName(path: string, key: string, names: readonly string[]): UserError {
  return new UserError("unknown-option", `has an unknown option "${key}"`, {
    at: { file: path },
    hint: suggestion(kebabCase(key), names.map(kebabCase)),
  });
}
