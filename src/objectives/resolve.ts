import type { RowKind } from "../dataset/rows/row-kinds.js";
import { suggestion } from "../errors/suggest.js";
import { type UserError, usageError } from "../errors/user-error.js";
import type { ObjectiveDefinition } from "./definition.js";
import type { ConfiguredObjective } from "./loss.js";
import { modifiers } from "./modifiers.js";
import {
  accepts,
  camelCase,
  expected,
  kebabCase,
  type OptionSpec,
  type OptionTable,
  type OptionValue,
  type OptionValues,
} from "./option.js";

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

function flagOf(name: string, spec: OptionSpec): string {
  return spec.flag ?? kebabCase(name);
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
  const table = allOptions(definition);
  const values: Record<string, OptionValue> = {};
  for (const [name, spec] of Object.entries(table)) values[name] = spec.default;
  for (const [key, value] of Object.entries(given)) {
    if (value === undefined) continue;
    const name = nameIn(table, key);
    const spec = name === undefined ? undefined : table[name];
    if (name === undefined || spec === undefined) throw unknownOption(definition, table, key);
    if (!accepts(spec, value)) throw wrongValue(definition, flagOf(name, spec), spec, value);
    values[name] = value;
  }
  return values;
}

/** The option that a camelCase name, a kebab-case name or a flag stands for. */
function nameIn(table: OptionTable, key: string): string | undefined {
  if (Object.hasOwn(table, camelCase(key))) return camelCase(key);
  return Object.entries(table).find(([, spec]) => spec.flag === key)?.[0];
}

/**
 * The value that a word of the command line stands for: `0.05`, `true`, `cosine`, `256,128,64`. What cannot be read is
 * returned as it is, for `resolveOptions` to refuse.
 */
export function optionFromText(spec: OptionSpec, text: string): unknown {
  if (spec.type === "choice") return text;
  if (spec.type === "boolean") return text === "true" ? true : text === "false" ? false : text;
  if (spec.type === "numbers") return text.split(",").map((part) => numberFromText(part));
  return numberFromText(text);
}

function numberFromText(text: string): unknown {
  return text.trim() === "" || Number.isNaN(Number(text)) ? text : Number(text);
}

function unknownOption(
  definition: ObjectiveDefinition,
  table: OptionTable,
  key: string,
): UserError {
  const flags = Object.entries(table).map(([name, spec]) => flagOf(name, spec));
  return usageError(
    "unknown-option",
    `${definition.name} has no option "${key}"`,
    suggestion(kebabCase(key), flags),
  );
}

function wrongValue(
  definition: ObjectiveDefinition,
  flag: string,
  spec: OptionSpec,
  value: unknown,
): UserError {
  return usageError(
    "option-value",
    `option --${flag} of ${definition.name} must be ${expected(spec)}, got ${JSON.stringify(value) ?? String(value)}`,
  );
}
