import { type Command, Option } from "commander";
import type { ObjectiveDefinition } from "../objectives/definition.js";
import { objectives } from "../objectives/registry.js";
import { allOptions, optionRows } from "../objectives/resolve.js";
import { valueFromText } from "../options/from-text.js";
import { camelCase, type OptionSpec } from "../options/option.js";

/** One flag, with the objectives that have it and their defaults. */
interface Flag {
  readonly spec: OptionSpec;
  readonly description: string;
  readonly defaults: Map<string, string[]>;
}

/**
 * Adds every option of every objective, from the registry's tables. Values stay text until the objective is
 * known (`objectiveOptionsOf`), since defaults and ranges differ between objectives.
 */
export function addObjectiveOptions(command: Command): void {
  for (const [flag, { spec, description, defaults }] of flags()) {
    const text = `${description}${describeDefaults(defaults)}`;
    if (spec.type === "boolean") {
      command.addOption(new Option(`--${flag}`, text));
      command.addOption(new Option(`--no-${flag}`, `not: ${description}`).hideHelp());
    } else {
      command.option(`--${flag} <${placeholder(spec)}>`, text);
    }
  }
}

/** Names under which commander keeps the objectives' options. */
export function objectiveFlags(): Set<string> {
  return new Set([...flags().keys()].map(camelCase));
}

/** The options of the objective that were given on the command line, read by its table. Other objectives' are kept, to be refused. */
export function objectiveOptionsOf(
  command: Command,
  definition: ObjectiveDefinition,
): Record<string, unknown> {
  const table = allOptions(definition);
  const rows = optionRows(table);
  const given: Record<string, unknown> = {};
  for (const flag of flags().keys()) {
    const value: unknown = command.getOptionValue(camelCase(flag));
    if (value === undefined) continue;
    const row = rows.find((one) => one.flag === flag);
    const spec = row === undefined ? undefined : table[row.name];
    given[row?.name ?? flag] =
      spec === undefined || typeof value !== "string" ? value : valueFromText(spec, value);
  }
  return given;
}

function flags(): Map<string, Flag> {
  const all = new Map<string, Flag>();
  for (const definition of objectives) {
    const table = allOptions(definition);
    for (const row of optionRows(table)) {
      const spec = table[row.name];
      if (spec === undefined) continue;
      const known = all.get(row.flag);
      const flag = known ?? { spec, description: row.description, defaults: new Map() };
      const key = [row.default].flat().join(",");
      flag.defaults.set(key, [...(flag.defaults.get(key) ?? []), definition.name]);
      all.set(row.flag, flag);
    }
  }
  return all;
}

/** ` (default: 0.05; debiased, hard-reweighted 0.5)`: the commonest value first, the others with their objectives. */
function describeDefaults(defaults: Map<string, string[]>): string {
  const [first, ...others] = [...defaults].sort((a, b) => b[1].length - a[1].length);
  if (first === undefined || first[0] === "") return "";
  const rest = others.map(([value, names]) => `; ${names.join(", ")} ${value}`).join("");
  return ` (default: ${first[0]}${rest})`;
}

function placeholder(spec: OptionSpec): string {
  if (spec.type === "choice") return spec.choices.join("|");
  if (spec.type === "numbers") return "a,b,…";
  return spec.type === "integer" ? "n" : "x";
}
