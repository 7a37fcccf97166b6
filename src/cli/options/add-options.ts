import { type Command, InvalidArgumentError, Option } from "commander";
import { helpLine, valuePart } from "../../options/describe.js";
import { valueFromText } from "../../options/from-text.js";
import { type AnyOption, type AnyTable, camelCase, flagOf } from "../../options/option.js";
import { accepts, expected } from "../../options/values.js";

/**
 * Adds the options of a table under a heading. Their values are read and checked as they are typed; defaults are filled in by what does the work,
 * so that a file of options can stand between.
 */
export function addOptions(command: Command, table: AnyTable, heading?: string): Command {
  if (heading !== undefined) command.optionsGroup(`${heading}:`);
  for (const [name, spec] of Object.entries(table))
    for (const option of commandOptions(flagOf(name, spec), spec)) command.addOption(option);
  return command;
}

function commandOptions(flag: string, spec: AnyOption): Option[] {
  if (spec.type === "boolean") return yesAndNo(flag, spec);
  const option = new Option(`--${flag}${valuePart(spec)}`, helpLine(spec));
  return [option.argParser((text: string, before: unknown) => typedValue(spec, text, before))];
}

function yesAndNo(flag: string, spec: AnyOption & { readonly type: "boolean" }): Option[] {
  const no = new Option(`--no-${flag}`, spec.negation ?? `not: ${spec.description}`);
  if (spec.default === true) return [no];
  const yes = new Option(`--${flag}`, helpLine(spec));
  return spec.default === undefined ? [yes, no] : [yes];
}

/** What a word of the command line stands for. */
function typedValue(spec: AnyOption, text: string, before: unknown): unknown {
  const value = valueFromText(spec, text);
  if (!accepts(spec, value)) throw new InvalidArgumentError(`It must be ${expected(spec)}.`);
  return spec.type === "files" && Array.isArray(before) ? [...before, text] : value;
}

/** The options of a table that were typed, by their names. */
export function typedOptions(command: Command, table: AnyTable): Readonly<Record<string, unknown>> {
  const typed: Record<string, unknown> = {};
  for (const [name, spec] of Object.entries(table)) {
    const attribute = camelCase(flagOf(name, spec));
    if (command.getOptionValueSource(attribute) === "cli")
      typed[name] = command.getOptionValue(attribute);
  }
  return typed;
}
