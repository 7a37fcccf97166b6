import type { Command } from "commander";
import { columnOptions, dialectOptions } from "../dataset/reading-options.js";
import { kebabCase } from "../options/option.js";

/** Where another program, or another command of this one, begins: the options behind it are its own. */
const OTHERS = /\b(embtune|data prepare|data split|optimum-cli|npm|git|iconv|sqlite3|sed) .*/;

/** What says how a file is read. */
const READING = Object.keys({ ...columnOptions, ...dialectOptions }).map(kebabCase);

/**
 * A hint as a command can follow it. Files are read and models loaded by layers that do not know for which command, so their hints may name
 * options that it lacks: such a clause (up to a semicolon) is left out, and where it was about reading a file, the command that has these
 * options is named. `--columns text=NAME` is `--column NAME` where that is what the command has.
 */
export function fittingHint(hint: string, command: Command): string | undefined {
  const has = new Set(command.options.flatMap(({ long }) => (long ? [bare(long)] : [])));
  const lacks = (clause: string): string[] => ownOptions(clause).filter((name) => !has.has(name));
  const single = has.has("column") && !has.has("columns");
  const text = single ? hint.replace(/--columns text=/g, "--column ") : hint;
  const clauses = text.split("; ");
  const fitting = clauses.filter((clause) => lacks(clause).length === 0);
  const missing = [...new Set(clauses.flatMap(lacks))].filter((name) => READING.includes(name));
  if (missing.length > 0)
    fitting.push(`write the file anew by embtune data prepare, which has ${listed(missing)}`);
  return fitting.length === 0 ? undefined : fitting.join("; ");
}

/** Options of the command itself that a text names, without dashes and without `no-`. */
function ownOptions(text: string): string[] {
  const own = text.replace(OTHERS, "");
  return [...own.matchAll(/(?<!\S-*)--([a-z][a-z0-9-]*)/g)].map(([option]) => bare(option));
}

function bare(option: string): string {
  return option.replace(/^--(no-)?/, "");
}

function listed(names: readonly string[]): string {
  return names.map((name) => `--${name}`).join(" and ");
}
