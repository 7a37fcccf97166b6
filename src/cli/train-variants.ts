import type { Command } from "commander";
import { suggestion } from "../errors/suggest.js";
import { usageError } from "../errors/user-error.js";
import type { Variant } from "../jobs/compare.js";
import type { ObjectiveDefinition } from "../objectives/definition.js";
import { acceptedRoles } from "../objectives/inputs.js";
import { objectiveNamed } from "../objectives/registry.js";
import { allOptions, optionRows } from "../objectives/resolve.js";
import { valueFromText } from "../options/from-text.js";
import { camelCase, kebabCase, type OptionValue } from "../options/option.js";
import { accepts, misfit } from "../options/values.js";
import type { TrainRow } from "../training/options/row.js";
import type { TrainOptions } from "../training/options/settings.js";
import { trainNames, trainTable } from "../training/options/table.js";
import { objectiveFlags, objectiveOptionsOf } from "./objective-options.js";
import type { Sweep } from "./parse-sweep.js";

/** Settings that decide how many updates a run makes. */
const budget = trainNames(({ compared }) => compared === "budget");

/** Settings that can be swept. */
const sweepable = trainNames(({ compared }) => compared !== "shared");

/** Whether all variants make as many updates as the first: not where their number is what is compared. */
export function sameSteps(sweep: Sweep | undefined): boolean {
  return sweep === undefined || !budget.includes(camelCase(sweep.option));
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
      options: swept(own, { definition, option: sweep.option, value }),
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
  const known = [...new Set([...definitions.flatMap(flagsOf), ...sweepable.map(kebabCase)])];
  if (known.includes(sweep.option)) return;
  const cannot = Object.hasOwn(trainTable, camelCase(sweep.option));
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

function swept(
  options: TrainOptions,
  setting: {
    readonly definition: ObjectiveDefinition;
    readonly option: string;
    readonly value: string;
  },
): TrainOptions {
  const { definition, option, value } = setting;
  const table = allOptions(definition);
  const row = optionRows(table).find(({ flag }) => flag === option);
  const spec = row === undefined ? undefined : table[row.name];
  if (row === undefined || spec === undefined)
    return { ...options, [camelCase(option)]: settingValue(option, value) };
  const read = valueFromText(spec, value) as OptionValue;
  return { ...options, objectiveOptions: { ...options.objectiveOptions, [row.name]: read } };
}

/** The value as the option's row reads it. */
function settingValue(option: string, text: string): unknown {
  const row: TrainRow = trainTable[camelCase(option) as keyof typeof trainTable];
  const value = valueFromText(row, text);
  if (accepts(row, value)) return value;
  throw usageError("bad-option", `--sweep ${option}=${text}: ${misfit(row, value)}`);
}
