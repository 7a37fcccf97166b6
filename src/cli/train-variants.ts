import { type Command, InvalidArgumentError } from "commander";
import { suggestion } from "../errors/suggest.js";
import { usageError } from "../errors/user-error.js";
import type { Variant } from "../jobs/compare.js";
import type { ObjectiveDefinition } from "../objectives/definition.js";
import { acceptedRoles } from "../objectives/inputs.js";
import { camelCase, kebabCase, type OptionValue } from "../objectives/option.js";
import { objectiveNamed } from "../objectives/registry.js";
import { allOptions, optionFromText, optionRows } from "../objectives/resolve.js";
import { settingNames, type TrainOptions } from "../training/options/settings.js";
import { objectiveFlags, objectiveOptionsOf } from "./objective-options.js";
import type { Sweep } from "./parse-sweep.js";

/** Settings that one cannot sweep: they name files, say how to run, or change what is measured or the encoder that is shared. */
const fixed = new Set([
  "data",
  "moreData",
  "delimiter",
  "quotes",
  "header",
  "encoding",
  "dropLeaks",
  "eval",
  "evalCorpus",
  "evalQrels",
  "out",
  "model",
  "allowDownload",
  "objective",
  "objectives",
  "keep",
  "saveEvery",
  "evalEvery",
  "logFormat",
  "columns",
  "labelMap",
  "scoreRange",
  "metric",
  "maxLength",
  "pooling",
  "prompts",
  "teacherVectors",
  "threads",
  "seed",
]);

/** Settings that decide how many updates a run makes. */
const budget = new Set(["epochs", "steps", "batchSize"]);

/** Whether all variants make as many updates as the first: not where their number is what is compared. */
export function sameSteps(sweep: Sweep | undefined): boolean {
  return sweep === undefined || !budget.has(camelCase(sweep.option));
}

/**
 * Each objective with each value of the sweep. An option that only some of the objectives have goes to those; one that none has, or an
 * unknown swept option, is a usage error.
 */
export function variantsOf(
  command: Command,
  options: TrainOptions,
  { names, sweep }: { readonly names: readonly string[]; readonly sweep: Sweep | undefined },
): Variant[] {
  const definitions = names.map(objectiveNamed);
  const repeated = names.find((name, i) => names.indexOf(name) !== i);
  if (repeated !== undefined)
    throw usageError("repeated-objective", `--objective names ${repeated} twice`, "name each once");
  requireTakers(command, definitions);
  if (sweep !== undefined) requireSweepable(sweep, definitions);
  return definitions.flatMap((definition) => {
    const own = ownOptions(command, definition, options);
    if (sweep === undefined) return [{ name: definition.name, options: own }];
    if (!sweepsHere(sweep, definition)) return [{ name: definition.name, options: own }];
    return sweep.values.map((value) => ({
      name: `${definition.name} ${sweep.option} ${value}`,
      options: swept(command, own, { definition, option: sweep.option, value }),
    }));
  });
}

/** The options of one of several objectives: without those that only the others have. */
function ownOptions(
  command: Command,
  definition: ObjectiveDefinition,
  options: TrainOptions,
): TrainOptions {
  const flags = new Set(optionRows(allOptions(definition)).map(({ name }) => name));
  const given = { ...options.objectiveOptions, ...objectiveOptionsOf(command, definition) };
  const kept = Object.entries(given).filter(([name]) => flags.has(name));
  const objectiveOptions = Object.fromEntries(kept) as TrainOptions["objectiveOptions"];
  const { guide, teacher, teacherVectors, ...rest } = options;
  const takesTeacher = acceptedRoles(definition).includes("teacher");
  return {
    ...rest,
    objective: definition.name,
    objectiveOptions: objectiveOptions ?? {},
    guide: guide !== undefined && definition.modifiers.includes("guide") ? guide : undefined,
    teacher: teacher !== undefined && takesTeacher ? teacher : undefined,
    teacherVectors: teacherVectors !== undefined && takesTeacher ? teacherVectors : undefined,
  };
}

function requireTakers(command: Command, definitions: readonly ObjectiveDefinition[]): void {
  const taken = new Set(definitions.flatMap(flagsOf));
  for (const name of objectiveFlags()) {
    const given = command.getOptionValueSource(name) === "cli";
    if (given && !taken.has(kebabCase(name)))
      throw usageError(
        "unknown-option",
        `none of ${definitions.map((one) => one.name).join(", ")} has the option --${kebabCase(name)}`,
        suggestion(kebabCase(name), [...taken]),
      );
  }
}

function flagsOf(definition: ObjectiveDefinition): string[] {
  return optionRows(allOptions(definition)).map(({ flag }) => flag);
}

function requireSweepable(sweep: Sweep, definitions: readonly ObjectiveDefinition[]): void {
  const settings = settingNames.filter((name) => !fixed.has(name)).map(kebabCase);
  const known = [...new Set([...definitions.flatMap(flagsOf), ...settings])];
  if (known.includes(sweep.option)) return;
  const cannot = settingNames.includes(camelCase(sweep.option));
  throw usageError(
    "unknown-sweep",
    cannot
      ? `--sweep cannot vary --${sweep.option}, which all runs share`
      : `--sweep names no option of ${definitions.map(({ name }) => name).join(", ")}: "${sweep.option}"`,
    suggestion(sweep.option, known),
  );
}

function sweepsHere({ option }: Sweep, definition: ObjectiveDefinition): boolean {
  return flagsOf(definition).includes(option) || !objectiveFlags().has(camelCase(option));
}

interface Setting {
  readonly definition: ObjectiveDefinition;
  readonly option: string;
  readonly value: string;
}

function swept(command: Command, options: TrainOptions, setting: Setting): TrainOptions {
  const { definition, option, value } = setting;
  const table = allOptions(definition);
  const row = optionRows(table).find(({ flag }) => flag === option);
  const spec = row === undefined ? undefined : table[row.name];
  if (row === undefined || spec === undefined)
    return { ...options, [camelCase(option)]: parsedSetting(command, option, value) };
  const read = optionFromText(spec, value) as OptionValue;
  return { ...options, objectiveOptions: { ...options.objectiveOptions, [row.name]: read } };
}

/** The value as the option's own parser reads it. */
function parsedSetting(command: Command, option: string, value: string): unknown {
  const declared = command.options.find((one) => one.attributeName() === camelCase(option));
  if (declared === undefined || declared.isBoolean()) return value === "true";
  try {
    return declared.parseArg === undefined ? value : declared.parseArg(value, undefined);
  } catch (error) {
    if (!(error instanceof InvalidArgumentError)) throw error;
    throw usageError("bad-option", `--sweep ${option}=${value}: ${error.message}`);
  }
}
