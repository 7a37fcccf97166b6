import { missingColumn } from "../dataset/columns/resolve-columns.js";
import { normalName } from "../dataset/columns/role-names.js";
import { openWithColumns } from "../dataset/open-with-columns.js";
import type { ReaderOptions } from "../dataset/readers/record-source.js";
import { textOfCell } from "../dataset/texts/record-texts.js";

/**
 * The texts of a corpus: its text column, with a title before it where there is one (as `data prepare --corpus` does), or a text a line.
 * Empty ones are left out. UserError: as openWithColumns, missing-column.
 */
export async function readCorpus(file: string, reader?: ReaderOptions): Promise<string[]> {
  const { source, columns } = await openWithColumns(file, { reader, textsOnly: true });
  const text = columns.text ?? columns.positive ?? columns.anchor;
  if (text === undefined) {
    source.close();
    throw missingColumn("text", source.columns, file);
  }
  const title = source.columns.findIndex((name) => normalName(name) === "title");
  const parts = title < 0 ? [text] : [title, text];
  const texts: string[] = [];
  for await (const { fields } of source.records()) {
    const found = parts.map((i) => textOfCell(fields[i])).filter((part) => part !== "");
    if (found.length > 0) texts.push(found.join(" "));
  }
  return texts;
}
