import { type AnyOption, type AnyTable, flagOf, type ValueForm } from "../options/option.js";
import { expected } from "./values.js";

/** One option as the documentation and --help show it. */
interface DescribedOption {
  readonly name: string;
  /** `--head-dim <d>`, `--no-shuffle`, `--[no-]quotes`. */
  readonly flag: string;
  /** Allowed values in words; empty for yes or no, a text, a file. */
  readonly values: string;
  /** The default, or what holds without the option; empty: nothing. */
  readonly default: string;
  readonly description: string;
}

const placeholders: Readonly<Record<ValueForm["type"], string>> = {
  boolean: "",
  choice: "name",
  files: "files...",
  integer: "n",
  map: "map",
  number: "x",
  numbers: "a,b,…",
  object: "",
  prompts: "map",
  range: "low,high",
  text: "text",
  words: "names",
};

/** What stands after the flag: ` <n>`, ` [names]`, or nothing. */
export function valuePart(spec: AnyOption): string {
  const word = spec.placeholder ?? placeholders[spec.type];
  if (word === "") return "";
  return spec.type === "words" && spec.orAll === true ? ` [${word}]` : ` <${word}>`;
}

/** The options of a table as rows. */
function describeOptions(table: AnyTable): readonly DescribedOption[] {
  return Object.entries(table).map(([name, spec]) => ({
    name,
    flag: shownFlag(name, spec),
    values: shownValues(spec),
    default: shownDefault(spec),
    description: shownDescription(spec),
  }));
}

function shownFlag(name: string, spec: AnyOption): string {
  const flag = flagOf(name, spec);
  if (spec.type !== "boolean") return `--${flag}${valuePart(spec)}`;
  if (spec.default === true) return `--no-${flag}`;
  return spec.default === undefined ? `--[no-]${flag}` : `--${flag}`;
}

function shownDescription(spec: AnyOption): string {
  if (spec.type !== "boolean" || spec.negation === undefined) return spec.description;
  return spec.default === true ? spec.negation : `${spec.description}; no: ${spec.negation}`;
}

const selfEvident = new Set<ValueForm["type"]>(["boolean", "files", "map", "prompts", "object"]);

function shownValues(spec: AnyOption): string {
  if (selfEvident.has(spec.type)) return "";
  if (spec.type === "choice") return spec.choices.join(", ");
  if (spec.type === "words") return spec.choices?.join(", ") ?? "";
  if (spec.type === "text" || spec.type === "range") return "";
  return expected(spec);
}

function shownDefault(spec: AnyOption): string {
  if (spec.type === "boolean") return spec.otherwise ?? "";
  if (spec.default === undefined) return spec.otherwise ?? "";
  return Array.isArray(spec.default) ? spec.default.join(",") : String(spec.default);
}

/** The line of --help: what it is, which words it takes, what holds without it. */
export function helpLine(spec: AnyOption): string {
  const words = spec.type === "choice" || spec.type === "words" ? shownValues(spec) : "";
  const holds = shownDefault(spec);
  const more = [words, ...(holds === "" ? [] : [`default: ${holds}`])].filter(
    (part) => part !== "",
  );
  return more.length === 0 ? spec.description : `${spec.description} (${more.join("; ")})`;
}

/** A table in Markdown with the columns option, values, default and what it does. */
export function optionsDocument(table: AnyTable): string {
  const cell = (text: string): string => text.replaceAll("|", "\\|").replaceAll("<", "&lt;");
  const rows = describeOptions(table).map(
    (row) =>
      `| \`${row.flag}\` | ${cell(row.values)} | ${cell(row.default)} | ${cell(row.description)} |`,
  );
  return ["| option | values | default | |", "|---|---|---|---|", ...rows].join("\n");
}
