import { UserError } from "../../errors/user-error.js";
import type { DataRecord, RecordSource } from "./record-source.js";

/** Records that columns are judged by. */
const judged = 500;

/**
 * A file with the cells of columns that write lists (`['a', 'b']`, `["a", "b"]`, NumPy's `['a' 'b']`) as lists. A column is one of
 * lists when every cell of the sample is; a later cell that is none is an error, and a column with some lists is told of.
 * UserError: wrong-type while walking.
 */
export async function withListCells(
  source: RecordSource,
): Promise<{ readonly source: RecordSource; readonly notes: readonly string[] }> {
  const unchanged = { source, notes: [] };
  if (source.dialect.format === "text") return unchanged;
  const sample = await source.sample(judged);
  const shares = source.columns.map((_, i) => listShare(sample, i));
  const lists = shares.map((share) => share === 1);
  const notes = source.columns.flatMap((name, i) =>
    shares[i] === 1
      ? [`cells of column "${name}" are lists`]
      : shares[i] >= 0.05
        ? [`some cells of column "${name}" look like lists; they are read as they stand`]
        : [],
  );
  if (!lists.includes(true)) return { source, notes };
  const split = ({ fields, line }: DataRecord): DataRecord => ({
    fields: fields.map((cell, i) => {
      if (!lists[i] || typeof cell !== "string" || cell.trim() === "") return cell;
      const items = parseList(cell);
      if (items === undefined) throw noList(source, i, line);
      return items;
    }),
    line,
  });
  return {
    source: {
      ...source,
      sample: async (count) => (await source.sample(count)).map(split),
      records: async function* () {
        for await (const record of source.records()) yield split(record);
      },
    },
    notes,
  };
}

/** The share of a column's cells, empty ones aside, that write a list of texts. */
function listShare(sample: readonly DataRecord[], column: number): number {
  let filled = 0;
  let lists = 0;
  for (const { fields } of sample) {
    const cell = fields[column];
    if (typeof cell !== "string" || cell.trim() === "") continue;
    filled += 1;
    if (parseList(cell) !== undefined) lists += 1;
  }
  return filled === 0 ? 0 : lists / filled;
}

const item = String.raw`"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'`;
const whole = new RegExp(String.raw`^\s*\[\s*(?:(?:${item})(?:\s*,\s*|\s+|(?=\s*\])))*\]\s*$`, "s");
const items = new RegExp(item, "gs");

/** The texts of a list as JSON, Python or NumPy write it, undefined where the cell is none. */
function parseList(cell: string): readonly string[] | undefined {
  if (!/^\s*\[\s*["'\]]/.test(cell) || !whole.test(cell)) return undefined;
  return Array.from(cell.matchAll(items), ([text]) => unquote(text));
}

function unquote(text: string): string {
  return text
    .slice(1, -1)
    .replace(/\\(?:u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})|(.))/gs, (_, long, short, char) => {
      const code = long ?? short;
      if (code !== undefined) return String.fromCharCode(Number.parseInt(code, 16));
      return escapes[char as string] ?? char;
    });
}

const escapes: Readonly<Record<string, string>> = { n: "\n", t: "\t", r: "\r", b: "\b", f: "\f" };

function noList({ file, columns }: RecordSource, column: number, line: number): UserError {
  return new UserError(
    "wrong-type",
    `column "${columns[column]}" holds lists, and this cell is none`,
    { at: { file, line }, hint: 'write it as the others: ["a text", "another"]' },
  );
}
