import type { RoleColumns } from "./columns/resolve-columns.js";
import type { LoadOptions } from "./load-dataset.js";
import { openWithColumns } from "./open-with-columns.js";
import type { DataRecord, RecordSource } from "./readers/record-source.js";
import { detectKinds } from "./rows/detect-kind.js";
import { type LabelColumn, labelColumnOf } from "./rows/labels.js";
import type { RowKind } from "./rows/row-kinds.js";
import { textOfCell } from "./texts/record-texts.js";

/** Records that the kinds are judged by. */
const sampleRows = 2000;

/**
 * The kinds of row that a file gives without conversion, the likeliest first, by its columns and the labels of its first records. Labels that do not
 * explain themselves leave a pair with a label of unknown meaning out: reading the whole file says what is wrong. UserError: as openWithColumns.
 */
export async function sampledKinds(
  file: string,
  options: Pick<LoadOptions, "columns" | "labelMap" | "reader"> = {},
): Promise<readonly RowKind[]> {
  const { source, columns } = await openWithColumns(file, options);
  try {
    const sample = await source.sample(sampleRows);
    return detectKinds(columns, labelsOf(source, columns, { sample, options }));
  } finally {
    source.close();
  }
}

function labelsOf(
  source: RecordSource,
  { anchor, positive, label }: RoleColumns,
  {
    sample,
    options,
  }: {
    readonly sample: readonly DataRecord[];
    readonly options: Pick<LoadOptions, "columns" | "labelMap">;
  },
): LabelColumn | undefined {
  if (anchor === undefined || positive === undefined || label === undefined) return undefined;
  const { labelMap } = options;
  if (labelMap !== undefined) {
    const words = Object.entries(labelMap).flat();
    const binary = words.some((word) => word === "0" || word === "1") && !words.some(isRelation);
    return { type: binary ? "binary" : "nli", meaning: new Map() };
  }
  const found = new Map<string, { count: number; line: number }>();
  for (const { fields, line } of sample) {
    const value = textOfCell(fields[label]).toLowerCase();
    found.set(value, { count: (found.get(value)?.count ?? 0) + 1, line });
  }
  return labelColumnOf(found, {
    file: source.file,
    column: source.columns[label],
    anchorColumn: source.columns[anchor],
    given: options.columns?.label !== undefined,
  });
}

function isRelation(word: string): boolean {
  return ["entailment", "neutral", "contradiction"].includes(word.trim().toLowerCase());
}
