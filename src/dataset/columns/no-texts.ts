import { UserError } from "../../errors/user-error.js";
import { isPlaceholder } from "../texts/placeholders.js";
import { contentOf } from "./column-content.js";
import type { ContentSearch } from "./content-roles.js";

/** Columns that an error lists with what they hold. */
const shown = 6;

/**
 * The error for a file none of whose columns has a role or holds texts: what each holds instead. Undefined where a column might hold texts, where
 * one has a role, and where there are too few rows to say.
 */
export function withoutTexts({ file, names, columns, held }: ContentSearch): UserError | undefined {
  const { negatives, ...roles } = held;
  if (negatives.length > 0 || Object.values(roles).some((index) => index !== undefined)) return;
  const types = columns.map((cells) => contentOf(cells).type);
  const few = columns.every((cells) => cells.length < 2);
  if (few || types.some((type) => type === "text" || type === "phrase")) return undefined;
  const list = names.slice(0, shown).map((name, i) => `"${name}" (${heldBy(columns[i])})`);
  const more = names.length > shown ? [`${names.length - shown} more`] : [];
  const nameless = names.every((name, i) => name === String(i + 1));
  return new UserError(
    "missing-column",
    `has no column that looks like texts, found ${[...list, ...more].join(", ")}`,
    {
      at: { file },
      hint: `give the file that holds the texts; if a column's values are texts nevertheless, name it${nameless ? " by number: --columns text=1" : ": --columns text=NAME"}`,
    },
  );
}

/** `numbers`, `nothing that can be read as a text`, `values such as A-17`. */
function heldBy(cells: readonly string[]): string {
  const values = cells.filter((cell) => cell !== "" && !isPlaceholder(cell));
  const [first] = values;
  if (first === undefined) return "nothing that can be read as a text";
  if (values.every((value) => Number.isFinite(Number(value)))) return "numbers";
  return `values such as ${first.length > 24 ? `${first.slice(0, 23)}…` : first}`;
}
