import type { RoleColumns } from "../columns/resolve-columns.js";
import type { RecordSource } from "../readers/record-source.js";
import { createIntegerList } from "../texts/number-list.js";
import { textColumnsOf, textOfCell, textsOfCell } from "../texts/record-texts.js";
import { hashPlainForm, hashText } from "../texts/text-hash.js";
import { createTextTable } from "../texts/text-table.js";

/** What joins and tells apart the rows of a file: numbers only, about 40 bytes a row. n rows. */
export interface FileLinks {
  /** Line on which each row starts [n]. */
  readonly lines: Int32Array;
  /** Numbers of the texts of row i (the first one its anchor's): texts[start[i]] … texts[start[i + 1] − 1]. */
  readonly start: Int32Array;
  readonly texts: Int32Array;
  /** How many distinct texts there are; texts that differ in case and punctuation only are one. */
  readonly distinct: number;
  /** Number of each row's group among the distinct ones, −1 without; undefined where there is no such column. */
  readonly groups: Int32Array | undefined;
  readonly labels: Int32Array | undefined;
  readonly groupCount: number;
  readonly labelNames: readonly string[];
}

/** Reads a file once and keeps which rows share texts, groups and labels. */
export async function readLinks(source: RecordSource, columns: RoleColumns): Promise<FileLinks> {
  const textColumns = textColumnsOf(columns);
  const [texts, groups, labels] = [
    createTextTable(hashPlainForm),
    createTextTable(hashText),
    new Map<string, number>(),
  ];
  const [lines, start, numbers] = [createIntegerList(), createIntegerList(), createIntegerList()];
  const [groupOf, labelOf] = [createIntegerList(), createIntegerList()];
  start.push(0);
  for await (const { fields, line } of source.records()) {
    lines.push(line);
    for (const { index } of textColumns) {
      for (const text of textsOfCell(fields[index])) numbers.push(texts.add(text));
    }
    start.push(numbers.length());
    if (columns.group !== undefined) {
      const group = textOfCell(fields[columns.group]);
      groupOf.push(group === "" ? -1 : groups.add(group));
    }
    if (columns.label !== undefined) {
      const label = textOfCell(fields[columns.label]);
      if (!labels.has(label)) labels.set(label, labels.size);
      labelOf.push(labels.get(label) as number);
    }
  }
  return {
    lines: lines.values(),
    start: start.values(),
    texts: numbers.values(),
    distinct: texts.size(),
    groups: columns.group === undefined ? undefined : groupOf.values(),
    labels: columns.label === undefined ? undefined : labelOf.values(),
    groupCount: groups.size(),
    labelNames: [...labels.keys()],
  };
}
