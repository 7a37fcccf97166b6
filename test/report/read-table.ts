/** A text table read back: its titles, and each line's cells in that order. */
export interface ReadTable {
  readonly titles: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/**
 * Reads a table by where its columns lie, not by the words in it: a column begins and ends where no line has anything but spaces.
 * Columns that do not line up are read as one, or cut a cell in two, and the test that reads them fails.
 */
export function readTable(text: string): ReadTable {
  const lines = text.split("\n").map((line) => [...line]);
  const width = Math.max(...lines.map((line) => line.length));
  const blank = (k: number): boolean => lines.every((line) => (line[k] ?? " ") === " ");
  const starts = Array.from({ length: width }, (_, k) => k).filter(
    (k) => !blank(k) && (k === 0 || (k > 1 && blank(k - 1) && blank(k - 2))),
  );
  const [titles = [], ...rows] = lines.map((line) =>
    starts.map((start, i) =>
      line
        .slice(start, starts[i + 1])
        .join("")
        .trim(),
    ),
  );
  return { titles, rows };
}

/** The lines of a text from the one that begins with `first` to the last that holds a table's row. */
export function linesFrom(text: string, first: string): string {
  const lines = text.split("\n");
  const start = lines.findIndex((line) => line.trimStart().startsWith(first));
  const rest = lines.slice(start);
  const end = rest.findIndex((line) => line.trim() === "");
  return rest.slice(0, end < 0 ? undefined : end).join("\n");
}
