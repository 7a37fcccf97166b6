import { missingColumn } from "../dataset/columns/resolve-columns.js";
import { normalName } from "../dataset/columns/role-names.js";
import { type OpenOptions, openWithColumns } from "../dataset/open-with-columns.js";
import { textOfCell } from "../dataset/texts/record-texts.js";

/** A text of a corpus. */
export interface CorpusText {
  readonly text: string;
  /** Physical line of the file, 1-based. */
  readonly line: number;
}

type CorpusOptions = Pick<OpenOptions, "columns" | "reader">;

/** The texts of `corpusRows` without their lines. */
export async function readCorpus(file: string, options: CorpusOptions): Promise<string[]> {
  return (await corpusRows(file, options)).map(({ text }) => text);
}

/**
 * The texts of a corpus: its text column, with a title before it where there is one (as `data prepare --corpus` does), or a text a line.
 * Empty ones are left out. UserError: as openWithColumns, missing-column.
 */
export async function corpusRows(file: string, options: CorpusOptions = {}): Promise<CorpusText[]> {
  const { source, columns } = await openWithColumns(file, { ...options, textsOnly: true });
  const text = columns.text ?? columns.positive ?? columns.anchor;
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
  return texts;
}
