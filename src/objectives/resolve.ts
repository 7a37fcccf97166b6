import type { RowKind } from "../dataset/rows/row-kinds.js";
import { suggestion } from "../errors/suggest.js";
import { type UserError, usageError } from "../errors/user-error.js";
import {
  camelCase,
  flagOf,
  kebabCase,
  type OptionSpec,
  type OptionTable,
  type OptionValue,
  type OptionValues,
} from "../options/option.js";
import { accepts, canonical, expected, misfit } from "../options/values.js";
import type { ObjectiveDefinition } from "./definition.js";
import type { ConfiguredObjective } from "./loss.js";
import { modifiers } from "./modifiers.js";

/** One option as help, run.json and the documentation show it. */
export interface OptionRow {
  readonly name: string;
  /** Name on the command line, without the dashes: `hard-negative-weight`. */
  readonly flag: string;
  readonly type: OptionSpec["type"];
  readonly default: OptionValue;
  /** Allowed values in words: `a number above 0`. */
  readonly expected: string;
  readonly description: string;
}

/** The objective's options followed by those of its modifiers. */
export function allOptions(definition: ObjectiveDefinition): OptionTable {
  const added = definition.modifiers.map((name) => modifiers[name].options);
  return Object.assign({}, definition.options, modifiers.matryoshka.options, ...added);
}

/** A table of options as rows. */
export function optionRows(table: OptionTable): readonly OptionRow[] {
  return Object.entries(table).map(([name, spec]) => ({
    name,
    flag: flagOf(name, spec),
    type: spec.type,
    default: spec.default,
    expected: expected(spec),
    description: spec.description,
  }));
}

/** The row kinds that a configured objective takes, the natural one first. */
export function rowsTaken({ definition, options }: ConfiguredObjective): readonly RowKind[] {
  return definition.rowsFor?.(options) ?? definition.rows;
}

/**
 * All options of the objective and its modifiers: the given ones, else the defaults. Names are taken in camelCase or
 * kebab-case; undefined counts as not given. Throws a UserError (exit code 2) for an unknown name, a wrong type or a
 * value out of range.
 */
export function resolveOptions(
  definition: ObjectiveDefinition,
  given: Readonly<Record<string, unknown>>,
): OptionValues {
  return resolveTable(definition.name, allOptions(definition), given);
}

/** The same of any table of options; `owner` is named in errors. */
export function resolveTable(
  owner: string,
  table: OptionTable,
  given: Readonly<Record<string, unknown>>,
): OptionValues {
  const values: Record<string, OptionValue> = {};
  for (const [name, spec] of Object.entries(table)) values[name] = spec.default;
  for (const [key, value] of Object.entries(given)) {
    if (value === undefined) continue;
    const name = nameIn(table, key);
    const spec = name === undefined ? undefined : table[name];
    if (name === undefined || spec === undefined) throw unknownOption(owner, table, key);
    if (!accepts(spec, value)) throw wrongValue(owner, flagOf(name, spec), spec, value);
    values[name] = canonical(spec, value) as OptionValue;
  }
  return values;
}

/** The option that a camelCase name, a kebab-case name or a flag stands for. */
function nameIn(table: OptionTable, key: string): string | undefined {
  if (Object.hasOwn(table, camelCase(key))) return camelCase(key);
  return Object.entries(table).find(([, spec]) => spec.flag === key)?.[0];
}

function unknownOption(owner: string, table: OptionTable, key: string): UserError {
  const flags = Object.entries(table).map(([name, spec]) => flagOf(name, spec));
  return usageError(
    "unknown-option",
    `${owner} has no option "${key}"`,
    suggestion(kebabCase(key), flags),
  );
}

function wrongValue(owner: string, flag: string, spec: OptionSpec, value: unknown): UserError {
  return usageError("option-value", `option --${flag} of ${owner} ${misfit(spec, value)}`);
}
