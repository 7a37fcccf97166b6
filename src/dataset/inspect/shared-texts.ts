import type { TextTable } from "../texts/text-table.js";
import type { SharedTexts } from "./inspection.js";

/** The texts of a file that was read before. */
export interface EarlierFile {
  readonly file: string;
  readonly exact: TextTable;
  readonly plain: TextTable;
}

/** Looks for the texts of a file in earlier ones while it is read. */
interface TextComparison {
  /** To be told of each text that is new in this file. */
  readonly newText: (text: string) => void;
  readonly row: (texts: readonly string[], line: number) => void;
  /** One entry for each earlier file with which texts are shared. */
  readonly result: () => SharedTexts[];
}

/** Compares `file` with the files before it. */
export function compareTexts(file: string, earlier: readonly EarlierFile[]): TextComparison {
  const found = earlier.map(() => ({ exact: 0, plain: 0, rows: 0, line: 0 }));
  return {
    newText: (text) => {
      earlier.forEach(({ exact, plain }, i) => {
        const counts = found[i];
        if (exact.find(text) >= 0) counts.exact += 1;
        if (plain.find(text) >= 0) counts.plain += 1;
      });
    },
    row: (texts, line) => {
      earlier.forEach(({ plain }, i) => {
        if (!texts.some((text) => plain.find(text) >= 0)) return;
        const counts = found[i];
        counts.rows += 1;
        if (counts.rows === 1) counts.line = line;
      });
    },
    result: () =>
      found.flatMap(({ line, ...counts }, i) =>
        counts.plain === 0 ? [] : [{ first: earlier[i].file, second: file, ...counts, line }],
      ),
  };
}
