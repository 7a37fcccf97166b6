import { conversionTo, convertibleKinds } from "../dataset/rows/row-kinds.js";
import type { ObjectiveDefinition } from "../objectives/definition.js";
import { showValue } from "../objectives/document.js";
import { acceptedRoles } from "../objectives/inputs.js";
import { modifiers } from "../objectives/modifiers.js";
import { objectives } from "../objectives/registry.js";
import { type OptionRow, optionRows } from "../objectives/resolve.js";
import { formatTable } from "./table.js";

/** The table of all objectives: name, rows, options with their defaults, and what each does. */
export function formatObjectives(): string {
  const rows = objectives.map((definition) => [
    definition.name,
    definition.rows.join(", "),
    optionRows(definition.options)
      .map(({ flag, default: value }) => `${flag} ${showValue(value)}`)
      .join(", "),
    definition.summary,
  ]);
  const titles = ["objective", "rows", "defaults", "what it does"];
  return formatTable(
    titles.map((title) => ({ title })),
    rows,
  );
}

/** One objective as data: everything that `embtune objectives NAME` prints. */
interface ObjectiveRecord {
  readonly name: string;
  readonly title: string;
  readonly summary: string;
  readonly rows: readonly string[];
  /** Row kinds that are converted, and how. */
  readonly converted: Readonly<Record<string, string>>;
  readonly inputs: readonly string[];
  readonly options: readonly OptionRow[];
  /** Parameters that are trained with it. */
  readonly trained: readonly string[];
  /** Modifiers and their options. */
  readonly modifiers: Readonly<Record<string, readonly OptionRow[]>>;
  readonly text: ObjectiveDefinition["text"];
}

/** The objective as data. */
export function objectiveRecord(definition: ObjectiveDefinition): ObjectiveRecord {
  const { name, title, summary, rows, text } = definition;
  const converted = convertibleKinds(rows).map((kind) => [
    kind,
    conversionTo(rows, kind)?.how ?? "",
  ]);
  return {
    name,
    title,
    summary,
    rows,
    converted: Object.fromEntries(converted),
    inputs: acceptedRoles(definition),
    options: optionRows(definition.options),
    trained: definition.trained.map(({ role }) => role),
    modifiers: Object.fromEntries(
      ["matryoshka" as const, ...definition.modifiers].map((modifier) => [
        modifier,
        optionRows(modifiers[modifier].options),
      ]),
    ),
    text,
  };
}
