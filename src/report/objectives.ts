import { conversionTo, convertibleKinds } from "../dataset/rows/row-kinds.js";
import type { ObjectiveDefinition } from "../objectives/definition.js";
import { showValue } from "../objectives/document.js";
import { acceptedRoles } from "../objectives/inputs.js";
import { modifiers } from "../objectives/modifiers.js";
import { objectives } from "../objectives/registry.js";
import { type OptionRow, optionRows } from "../objectives/resolve.js";
import { wrapped } from "./wrap.js";

/** All objectives: name and what each does, then its rows and options with their defaults, in lines of at most `width` characters. */
export function formatObjectives(width = 80): string {
  const indent = 2 + Math.max(...objectives.map(({ name }) => name.length));
  return objectives
    .map(({ name, summary, rows, options }) => {
      const given = optionRows(options).map(
        ({ flag, default: value }) => `${flag} ${showValue(value)}`,
      );
      const about = [`rows ${rows.join(", ")}`, ...given].join(" · ");
      const [first, ...more] = [
        ...wrapped(summary, width - indent, 0),
        ...wrapped(about, width - indent, 2),
      ];
      return [name.padEnd(indent) + first, ...more.map((line) => " ".repeat(indent) + line)].join(
        "\n",
      );
    })
    .join("\n");
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
