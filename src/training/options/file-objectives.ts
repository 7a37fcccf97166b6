import { resolve } from "node:path";
import { suggestion } from "../../errors/suggest.js";
import { UserError, usageError } from "../../errors/user-error.js";
import type { ConfiguredObjective } from "../../objectives/loss.js";
import { objectiveNamed } from "../../objectives/registry.js";
import { resolveOptions } from "../../objectives/resolve.js";
import type { OptionValue } from "../../options/option.js";

/** Objectives by training file, as the run names it. */
export type FileObjectives = Readonly<
  Record<string, { readonly objective: string; readonly [option: string]: OptionValue }>
>;

/** The settings that name the training files and their objectives. */
interface ObjectiveSettings {
  readonly data: string;
  readonly moreData?: readonly string[] | undefined;
  readonly objective: string;
  readonly objectiveOptions: Readonly<Record<string, OptionValue>>;
  readonly objectives?: FileObjectives | undefined;
}

/** The training files in their order. */
export function dataFiles({
  data,
  moreData = [],
}: Pick<ObjectiveSettings, "data" | "moreData">): readonly string[] {
  return [data, ...moreData];
}

/** The objective that files without one of their own are trained with. */
export function commonObjective(settings: ObjectiveSettings): ConfiguredObjective {
  return configured(settings.objective, settings.objectiveOptions);
}

/**
 * The objective of each training file: its own by `objectives`, else the common one. Usage errors: bad-objectives (no object of objects, an
 * entry without a name), unknown-file (an entry of no training file), and what the objective says of its options, each with the entry.
 */
export function objectivesOfFiles(settings: ObjectiveSettings): readonly ConfiguredObjective[] {
  const files = dataFiles(settings);
  const common = commonObjective(settings);
  const { objectives } = settings;
  if (objectives === undefined) return files.map(() => common);
  const own = new Map<string, ConfiguredObjective>();
  for (const [file, objective] of configuredEntries(objectives)) {
    if (!files.some((one) => resolve(one) === resolve(file))) throw unknownFile(file, files);
    own.set(resolve(file), objective);
  }
  return files.map((file) => own.get(resolve(file)) ?? common);
}

/** Whether each file has an objective of its own, so that the common one serves none. */
export function allHaveOwn(settings: Pick<ObjectiveSettings, "data" | "moreData" | "objectives">) {
  const own = new Set(Object.keys(settings.objectives ?? {}).map((file) => resolve(file)));
  return dataFiles(settings).every((file) => own.has(resolve(file)));
}

/** The entries of `objectives` with their options resolved. Errors as `objectivesOfFiles`, but for unknown-file. */
export function configuredEntries(objectives: unknown): Map<string, ConfiguredObjective> {
  if (!isObject(objectives)) throw badShape("objectives", objectives);
  return new Map(
    Object.entries(objectives).map(([file, choice]) => [file, configuredChoice(file, choice)]),
  );
}

/** The entries as run.json keeps them: every option with its value. */
export function resolvedEntries(objectives: FileObjectives): FileObjectives {
  const entries = [...configuredEntries(objectives)].map(
    ([file, { definition, options }]) =>
      [file, { objective: definition.name, ...options }] as const,
  );
  return Object.fromEntries(entries);
}

/** The entries under the names that the files have now. */
export function renamedEntries(
  objectives: FileObjectives,
  before: readonly string[],
  now: readonly string[],
): FileObjectives {
  const place = new Map(before.map((file, i) => [resolve(file), i]));
  return Object.fromEntries(
    Object.entries(objectives).map(([file, choice]) => {
      const moved = now[place.get(resolve(file)) ?? -1];
      return [moved ?? file, choice];
    }),
  );
}

function configuredChoice(file: string, choice: unknown): ConfiguredObjective {
  const entry = `objectives["${file}"]`;
  if (!isObject(choice)) throw badShape(entry, choice);
  const { objective, ...options } = choice;
  if (typeof objective !== "string")
    throw usageError(
      "bad-objectives",
      `${entry} names no objective`,
      'for example { "objective": "infonce", "temperature": 0.05 }',
    );
  try {
    return configured(objective, options);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    const { code, message, hint } = error;
    throw usageError(code, `${entry}: ${message}`, hint);
  }
}

function configured(name: string, options: Readonly<Record<string, unknown>>): ConfiguredObjective {
  const definition = objectiveNamed(name);
  return { definition, options: resolveOptions(definition, options) };
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function badShape(what: string, value: unknown): UserError {
  return usageError(
    "bad-objectives",
    `${what} must be an object, got ${JSON.stringify(value)}`,
    '"objectives": { "a.csv": { "objective": "infonce" }, "b.csv": { "objective": "cosent" } }',
  );
}

function unknownFile(file: string, files: readonly string[]): UserError {
  return usageError(
    "unknown-file",
    `objectives["${file}"] is no training file`,
    suggestion(file, files),
  );
}
