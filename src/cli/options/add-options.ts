import { type Command, InvalidArgumentError, Option } from "commander";
import type { ReaderOptions } from "../../dataset/readers/record-source.js";
import { dialectOptions } from "../../dataset/reading-options.js";
import { helpLine, valuePart } from "../../options/describe.js";
import { valueFromText } from "../../options/from-text.js";
import {
  type AnyOption,
  type AnyTable,
  camelCase,
  flagOf,
  type GivenOf,
  kebabCase,
  type OptionsOf,
} from "../../options/option.js";
import { accepts, expected, hintFor, resolveGiven } from "../../options/values.js";
import { type HelpView, helpText } from "../help.js";

/** Tables by the headings of --help. */
export type FlagGroups = Readonly<Record<string, AnyTable>>;

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
  const alias = spec.alias === undefined ? "" : `--${spec.alias}, `;
  const short = flag.length === 1 ? `-${flag}, ` : alias;
  const option = new Option(`${short}--${flag}${valuePart(spec)}`, helpLine(spec));
  // For completion; what is typed is read by the parser below.
  const words = wordsOf(spec);
  if (words.length > 0) option.choices(words);
  option.argParser((text: string, before: unknown) => typedValue(spec, text, before));
  return [spec.required && spec.otherwise === undefined ? option.makeOptionMandatory() : option];
}

/** Words that an option takes, or some of them. */
function wordsOf(spec: AnyOption): readonly string[] {
  if (spec.type === "choice") return spec.choices;
  return spec.type === "text" ? (spec.examples ?? []) : [];
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
  if (!accepts(spec, value)) throw misread(spec, value);
  if (spec.type === "text" && spec.several === true)
    return Array.isArray(before) ? [...before, text] : [text];
  return spec.type === "files" && Array.isArray(before) ? [...before, text] : value;
}

/** What is wrong with a word, and the nearest that would be right. */
function misread(spec: AnyOption, value: unknown): InvalidArgumentError {
  const hint = hintFor(spec, value);
  const near = hint?.startsWith("did") ? `\n(${hint})` : "";
  return new InvalidArgumentError(`It must be ${expected(spec)}.${near}`);
}

/** The options of a table that were typed, by their names. */
export function typedOptions<T extends AnyTable>(command: Command, table: T): Partial<GivenOf<T>> {
  const typed: Record<string, unknown> = {};
  for (const [name, spec] of Object.entries(table)) {
    const attribute = camelCase(flagOf(name, spec));
    if (command.getOptionValueSource(attribute) === "cli")
      typed[name] = command.getOptionValue(attribute);
  }
  return typed as Partial<GivenOf<T>>;
}

/** The names of the options of a table that were typed, as they are typed, without dashes. */
export function typedNames(command: Command, table: AnyTable): string[] {
  return Object.keys(typedOptions<AnyTable>(command, table)).map(kebabCase);
}

/** The options of a table with their defaults. What must be given was asked for by commander. */
export function flagsOf<T extends AnyTable>(command: Command, table: T): OptionsOf<T> {
  return resolveGiven(table, typedOptions(command, table) as GivenOf<T>, command.name());
}

/** Adds tables of options, each under its heading, and shows them by --help: `all` of them or those that most people need. */
export function addGroups(command: Command, groups: FlagGroups, all: boolean): Command {
  for (const [heading, table] of Object.entries(groups)) addOptions(command, table, heading);
  const common = Object.values(groups)
    .flatMap((table) => Object.entries(table))
    .filter(([, spec]) => spec.common === true)
    .map(([name, spec]) => `--${flagOf(name, spec)}`);
  return withHelp(command, { all, common: new Set(common) });
}

/** Lets a command show its --help in the house's form. */
export function withHelp(command: Command, view: HelpView): Command {
  return command
    .helpOption("-h, --help", "most options of a command; --help all: every one")
    .configureHelp({ formatHelp: (one, helper) => helpText(one, helper, view) });
}

/** What was typed of a job's table, with how files are read, as the library takes it. */
export function jobOptions<T extends AnyTable>(
  command: Command,
  table: T,
): Partial<GivenOf<T>> & { readonly reader: ReaderOptions } {
  return { ...typedOptions(command, table), reader: typedOptions(command, dialectOptions) };
}
