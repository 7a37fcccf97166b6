import { missingColumn } from "../dataset/columns/resolve-columns.js";
import { normalName } from "../dataset/columns/role-names.js";
import { besideNote, findTextColumns } from "../dataset/columns/text-column.js";
import { type OpenOptions, openWithColumns } from "../dataset/open-with-columns.js";
import { textOfCell } from "../dataset/texts/record-texts.js";

/** A text of a corpus. */
export interface CorpusText {
  readonly text: string;
  /** Physical line of the file, 1-based. */
  readonly line: number;
}

/** The texts of a corpus, and what was decided and noticed about its columns and lines, one sentence each. */
export interface Corpus {
  readonly texts: readonly CorpusText[];
  readonly notes: readonly string[];
}

type CorpusOptions = Pick<OpenOptions, "columns" | "reader"> & {
  /** The option that names the column, as a command has it: `--column `. */
  readonly choice?: string | undefined;
};

/**
 * The texts of a corpus: its text column, of pairs the positives, with a title before it where there is one (as `data prepare --corpus`
 * does), or a text a line. Empty ones are left out. UserError: as openWithColumns, missing-column.
 */
export async function readCorpus(file: string, options: CorpusOptions = {}): Promise<Corpus> {
  const { source, columns, notes } = await openWithColumns(file, { ...options, textsOnly: true });
  const { single, documents, beside } = findTextColumns(columns);
  const text = single ?? documents;
  if (text === undefined) {
    source.close();
    throw missingColumn("text", source.columns, file);
  }
  const title = source.columns.findIndex((name) => normalName(name) === "title");
  const parts = title < 0 ? [text] : [title, text];
  const texts: CorpusText[] = [];
  for await (const { fields, line } of source.records()) {
    const found = parts.map((i) => textOfCell(fields[i])).filter((part) => part !== "");
    if (found.length > 0) texts.push({ text: found.join(" "), line });
  }
  const left =
    beside === undefined ? [] : [besideNote(source.columns, text, beside, options.choice)];
  return {
    texts,
    notes: [...notes, ...left, ...source.warnings()].map((note) => `${file}: ${note}`),
  };
}
