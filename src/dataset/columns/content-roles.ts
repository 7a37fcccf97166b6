import { UserError } from "../../errors/user-error.js";
import type { Cell } from "../readers/record-source.js";
import { parseNumber, usualScale } from "../rows/scores.js";
import { countWords } from "../texts/defects.js";
import { textsOfCell } from "../texts/record-texts.js";
import type { RoleColumns } from "./resolve-columns.js";

/** What the values of a column look like. */
type ContentType = "text" | "score" | "label" | "other";

export interface ContentRoles {
  readonly columns: RoleColumns;
  /** `columns by content: anchor = column 6, …`. */
  readonly note: string;
}

/** Rows with fewer values than this are no evidence. */
const least = 2;

/**
 * Roles of columns whose names say nothing, by their values: two columns of sentences are anchor and positive, a column of numbers with
 * fractions in a usual scale is the score, one with few distinct values the label. Undefined where no column holds sentences.
 * UserError ambiguous-columns where several columns could play a role.
 */
export function rolesByContent(
  names: readonly string[],
  sample: readonly (readonly Cell[])[],
  file: string,
): ContentRoles | undefined {
  const columns = names.map((_, i) => sample.map((cells) => textsOfCell(cells[i])[0] ?? ""));
  const types = columns.map(contentType);
  const of = (type: ContentType): number[] => types.flatMap((t, i) => (t === type ? [i] : []));
  const texts = of("text");
  const labels = of("label").filter((_, place, all) => !repeatsEarlier(columns, all, place));
  const refuse = (role: string, found: readonly number[]): never => {
    throw ambiguous({ role, names: found.map((i) => names[i]), file, all: names, texts });
  };
  if (texts.length === 0) return undefined;
  if (texts.length > 2) refuse("anchor, the positive or the negative", texts);
  const [first, second] = texts as [number, number?];
  const scores = second === undefined ? [] : of("score");
  if (scores.length > 1) refuse("score", scores);
  if (scores.length === 0 && labels.length > 1) refuse("label", labels);
  const value = scores.length > 0 ? { score: scores[0] } : labelOf(labels);
  const held =
    second === undefined
      ? { text: first, ...value }
      : { anchor: first, positive: second, ...value };
  return { columns: { ...held, negatives: [] }, note: describe(held, names) };
}

function labelOf([label]: readonly number[]): { readonly label?: number } {
  return label === undefined ? {} : { label };
}

function describe(held: Readonly<Record<string, number>>, names: readonly string[]): string {
  const list = Object.entries(held).map(([role, index]) => `${role} = "${names[index]}"`);
  return `columns chosen by their content: ${list.join(", ")}; set others with --columns`;
}

/** Whether the column has in every row the value of one before it. */
function repeatsEarlier(
  columns: readonly (readonly string[])[],
  all: readonly number[],
  place: number,
): boolean {
  const own = columns[all[place]];
  return all
    .slice(0, place)
    .some((other) => own.every((value, row) => value === columns[other]?.[row]));
}

function contentType(cells: readonly string[]): ContentType {
  const values = cells.filter((cell) => cell !== "");
  if (values.length < least || values.length < 0.5 * cells.length) return "other";
  const distinct = new Set(values).size;
  const numbers = values.map(parseNumber);
  if (numbers.every((x) => x !== undefined)) return numberType(values, distinct);
  const words = values.reduce((sum, value) => sum + countWords(value), 0) / values.length;
  if (isLabelLike(distinct, values.length) && words < 4) return "label";
  return words >= 3 ? "text" : "other";
}

/** Scores are written with fractions; classes are few whole numbers. */
function numberType(values: readonly string[], distinct: number): ContentType {
  const numbers = values.map(Number);
  const low = Math.min(...numbers);
  const high = Math.max(...numbers);
  const fractions = values.some((value) => value.includes("."));
  if (fractions && usualScale(low, high) !== undefined) return "score";
  if (!fractions && low >= -1 && high < 100 && isLabelLike(distinct, values.length)) return "label";
  return "other";
}

/** A constant column is no label, nor is one whose values hardly repeat. */
function isLabelLike(distinct: number, values: number): boolean {
  return (
    distinct >= 2 && distinct <= 50 && distinct < values && distinct <= Math.max(2, 0.4 * values)
  );
}

interface Ambiguity {
  readonly role: string;
  readonly names: readonly string[];
  readonly file: string;
  readonly all: readonly string[];
  readonly texts: readonly number[];
}

function ambiguous({ role, names, file, all, texts }: Ambiguity): UserError {
  const list = names.map((name) => `"${name}"`).join(", ");
  const text = (place: number): string => all[texts[place] ?? 0] ?? "1";
  const pair = texts.length > 1 ? `anchor=${text(0)},positive=${text(1)}` : `text=${text(0)}`;
  const more = texts.length > 2 ? `,negative=${text(2)}` : `,${role}=${names[0]}`;
  return new UserError(
    "ambiguous-columns",
    `has no column names that say what they hold, and by their content ${list} could each be the ${role}`,
    { at: { file }, hint: `say which column holds what: --columns ${pair}${more}` },
  );
}
