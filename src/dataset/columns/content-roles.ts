import { UserError } from "../../errors/user-error.js";
import { listNames } from "../readers/limits.js";
import { type ColumnContent, contentOf } from "./column-content.js";
import { type RoleColumns, shellName } from "./resolve-columns.js";

interface ContentRoles {
  readonly columns: RoleColumns;
  /** `columns chosen by their content: anchor = "6", …`. */
  readonly note: string;
}

/** What roles are looked for among. */
export interface ContentSearch {
  readonly file: string;
  readonly names: readonly string[];
  /** The first values of each column. */
  readonly columns: readonly (readonly string[])[];
  /** Roles that are held by name already; their columns are left alone. */
  readonly held: RoleColumns;
  /** Roles that are not wanted. */
  readonly unwanted: ReadonlySet<string>;
}

/**
 * Roles of columns whose names say nothing, by their values: two columns of sentences (or, where there are none, of short phrases) are
 * anchor and positive, a column of numbers with fractions in a usual scale is the score, one with few distinct values the label.
 * Undefined where no column holds texts. UserError ambiguous-columns where several columns could play a role.
 */
export function rolesByContent(search: ContentSearch): ContentRoles | undefined {
  const { names, columns, held, unwanted, file } = search;
  const taken = new Set(Object.values(held).flat());
  const types = columns.map((cells, i) => (taken.has(i) ? "other" : contentOf(cells).type));
  const of = (type: ColumnContent["type"]): number[] =>
    types.flatMap((t, i) => (t === type ? [i] : []));
  const sentences = of("text");
  const texts = sentences.length > 0 ? sentences : of("phrase");
  const labels = of("label").filter((_, place, all) => !repeatsEarlier(columns, all, place));
  const refuse = (role: string, found: readonly number[]): never => {
    throw ambiguous({ role, names: found.map((i) => names[i]), file, all: names, texts });
  };
  const [first, second] = texts as [number | undefined, number?];
  if (first === undefined) return undefined;
  if (texts.length > 2) refuse("anchor, the positive or the negative", texts);
  const scores = second === undefined ? [] : of("score");
  const open = held.score === undefined && held.label === undefined && held.negatives.length === 0;
  const wantsScore = open && !unwanted.has("score");
  const wantsLabel = open && !unwanted.has("label");
  if (wantsScore && scores.length > 1) refuse("score", scores);
  const [score] = wantsScore ? scores : [];
  const [label] = wantsLabel && score === undefined ? labels : [];
  if (label !== undefined && labels.length > 1) refuse("label", labels);
  const found = {
    ...(second === undefined ? { text: first } : { anchor: first, positive: second }),
    ...(score !== undefined ? { score } : label !== undefined ? { label } : {}),
  };
  return { columns: { ...held, ...found }, note: describeRoles(found, names) };
}

/**
 * The second text of a file that names only the first: the one other column of sentences, or undefined. Several, or a column that names no
 * text of its own (a label, negatives), leave the file as its names say.
 */
export function partnerByContent(search: ContentSearch): ContentRoles | undefined {
  const { names, columns, held, unwanted } = search;
  const { anchor, positive, text } = held;
  if (anchor === undefined || positive !== undefined || text !== undefined) return undefined;
  if (unwanted.has("positive") || held.label !== undefined) return undefined;
  const taken = new Set(Object.values(held).flat());
  const texts = columns.flatMap((cells, i) =>
    !taken.has(i) && contentOf(cells).type === "text" ? [i] : [],
  );
  const [second] = texts;
  if (texts.length !== 1) return undefined;
  return {
    columns: { ...held, positive: second },
    note: describeRoles({ positive: second }, names),
  };
}

/** The note about columns that were chosen by their content. */
function describeRoles(found: Readonly<Record<string, number>>, names: readonly string[]): string {
  const list = Object.entries(found).map(([role, index]) => `${role} = "${names[index]}"`);
  return `columns chosen by their content: ${list.join(", ")}`;
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

interface Ambiguity {
  readonly role: string;
  readonly names: readonly string[];
  readonly file: string;
  readonly all: readonly string[];
  readonly texts: readonly number[];
}

function ambiguous({ role, names, file, all, texts }: Ambiguity): UserError {
  const name = (place: number): string => shellName(all, texts[place] ?? 0);
  const pair = texts.length > 1 ? `anchor=${name(0)},positive=${name(1)}` : `text=${name(0)}`;
  const more =
    texts.length > 2 ? `,negative=${name(2)}` : `,${role}=${shellName(all, all.indexOf(names[0]))}`;
  return new UserError(
    "ambiguous-columns",
    `has no column names that say what they hold, and by their content ${listNames(names)} could each be the ${role}`,
    { at: { file }, hint: `say which column holds what: --columns ${pair}${more}` },
  );
}
