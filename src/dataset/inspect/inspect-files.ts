import { UserError } from "../../errors/user-error.js";
import { columnMapping, type RoleColumns } from "../columns/resolve-columns.js";
import type { LoadOptions } from "../load-dataset.js";
import { type OpenedFile, openWithColumns } from "../open-with-columns.js";
import type { RecordSource } from "../readers/record-source.js";
import { detectKinds } from "../rows/detect-kind.js";
import { type LabelColumn, labelColumnOf } from "../rows/labels.js";
import type { RowKind } from "../rows/row-kinds.js";
import { countFile, type FileCount } from "./file-count.js";
import { findingsOf } from "./findings.js";
import type { FileInspection, Inspection, LabelInspection } from "./inspection.js";
import { compareTexts, type EarlierFile } from "./shared-texts.js";
import {
  batchSummary,
  columnSummary,
  labelOccurrences,
  labelSummary,
  scoreSummary,
  type TokenCounter,
  textLengths,
} from "./summaries.js";

export interface InspectOptions
  extends Pick<LoadOptions, "columns" | "labelMap" | "scoreRange" | "reader" | "seed"> {
  /** Opens what counts tokens, after the first file was read; without it lengths are in words only. */
  readonly tokens?: (() => Promise<TokenCounter>) | undefined;
  /** Rows of each file whose tokens are counted. Default 20,000. */
  readonly sample?: number | undefined;
  /** Rows of the batch whose false negatives are estimated. Default 64. */
  readonly batchSize?: number | undefined;
}

/**
 * Reads each file once and says what is in it and what to do about it. Memory grows by about 100 bytes a row, not with the texts; texts
 * are told apart by 64-bit hashes. UserError: as openRecords, and what a broken file throws while it is read.
 */
export async function inspectFiles(
  files: readonly string[],
  options: InspectOptions = {},
): Promise<Inspection> {
  const { sample = 20_000 } = options;
  let tokens: TokenCounter | undefined;
  const openTokens = async (): Promise<TokenCounter | undefined> => {
    tokens ??= await options.tokens?.();
    return tokens;
  };
  const inspected: FileInspection[] = [];
  const earlier: EarlierFile[] = [];
  const shared = [];
  for (const file of files) {
    const comparison = compareTexts(file, earlier);
    const opened = await openWithColumns(file, options, true);
    const count = await countFile(opened.source, opened.columns, {
      seed: options.seed ?? 42,
      sample,
      plain: files.length > 1,
      onNewText: comparison.newText,
      onRow: comparison.row,
    });
    inspected.push(describeFile(opened, count, { ...options, tokens: await openTokens() }));
    shared.push(...comparison.result());
    if (count.tables !== undefined) earlier.push({ file, ...count.tables });
  }
  return {
    files: inspected,
    shared,
    tokens:
      tokens === undefined
        ? undefined
        : { model: tokens.model, maxLength: tokens.maxLength, sample },
  };
}

type DescribeOptions = Omit<InspectOptions, "tokens"> & {
  readonly tokens: TokenCounter | undefined;
};

function describeFile(
  { source, columns, notes, problem }: OpenedFile,
  count: FileCount,
  options: DescribeOptions,
): FileInspection {
  const { file } = source;
  const errors = problem === undefined ? [] : [problem];
  const labels = labelsOf(source, columns, count, { options, errors });
  const kinds = detectKinds(columns, labels);
  const { lengths, unknown } = textLengths(count, options.tokens);
  const batch = batchSummary(count, kinds[0], labels, options.batchSize ?? 64);
  const scores =
    columns.score === undefined ? undefined : scoreSummary(count, source.columns[columns.score]);
  if (
    columns.score !== undefined &&
    scores?.range === undefined &&
    options.scoreRange === undefined
  )
    errors.push(unknownScale(source.columns[columns.score], file));
  return {
    file,
    sha256: source.sha256(),
    dialect: source.description,
    rows: count.rows,
    columns: columnSummary(source, columns, count),
    roles: columnMapping(source.columns, columns),
    kinds,
    texts: { total: count.texts, distinct: count.distinct },
    lengths,
    ...labelPart(source, columns, count, kindOfLabels(kinds, labels)),
    scores,
    batch,
    findings: findingsOf({
      count,
      kind: kinds[0],
      lengths,
      unknown,
      maxLength: options.tokens?.maxLength,
      batch,
      names: {
        text: source.columns[columns.text ?? -1] ?? "",
        columns: source.columns,
        labelled: columns.label !== undefined,
      },
      errors,
    }),
    notes: [...notes, ...source.warnings()],
  };
}

/** What the labels of sentence pairs mean; why they do not explain themselves goes to `errors`. */
function labelsOf(
  source: RecordSource,
  { anchor, positive, label }: RoleColumns,
  count: FileCount,
  { options, errors }: { readonly options: DescribeOptions; readonly errors: UserError[] },
): LabelColumn | undefined {
  if (anchor === undefined || positive === undefined || label === undefined) return undefined;
  try {
    return labelColumnOf(labelOccurrences(count), {
      file: source.file,
      column: source.columns[label],
      anchorColumn: source.columns[anchor],
      labelMap: options.labelMap,
      given: options.columns?.label !== undefined,
    });
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    errors.push(error);
    return undefined;
  }
}

function kindOfLabels(
  kinds: readonly RowKind[],
  labels: LabelColumn | undefined,
): LabelInspection["type"] {
  if (kinds.includes("classed") || labels?.type === "classes") return "classes";
  if (labels === undefined || labels.type === "score") return "unknown";
  return labels.type;
}

function labelPart(
  source: RecordSource,
  { label }: RoleColumns,
  count: FileCount,
  type: LabelInspection["type"],
): Pick<FileInspection, "labels"> {
  if (label === undefined) return {};
  return { labels: labelSummary(count, source.columns[label], type) };
}

function unknownScale(column: string, file: string): UserError {
  return new UserError(
    "unknown-score-range",
    `column "${column}" holds no scores of a usual scale`,
    { at: { file }, hint: "say what could be given: --score-range 0,5" },
  );
}
