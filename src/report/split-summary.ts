import type { SplitRecord } from "../dataset/split-file/write-split.js";
import { formatTable } from "./table.js";

/** The parts of a split file and how they came about. */
export function formatSplit(record: SplitRecord, out: string): string {
  const { rows } = record.source;
  const labelled = record.parts.some(({ labels }) => labels !== undefined);
  const right = "right" as const;
  const titles = ["rows", "share", "texts", ...(labelled ? ["labels"] : [])];
  const table = formatTable(
    [{ title: out }, ...titles.map((title) => ({ title, align: right }))],
    record.parts.map(({ part, rows: count, texts, labels = 0 }) => [
      part,
      String(count),
      `${((100 * count) / rows).toFixed(1)} %`,
      String(texts),
      ...(labelled ? [String(labels)] : []),
    ]),
  );
  return [table, ...record.notes.map((note) => `note: ${note}`)].join("\n");
}
