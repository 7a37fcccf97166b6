import type { RoleColumns } from "../columns/resolve-columns.js";
import type { RecordSource } from "../readers/record-source.js";
import { isUnlabelled, type LabelColumn } from "../rows/labels.js";
import type { RowKind } from "../rows/row-kinds.js";
import { usualScale } from "../rows/scores.js";
import { falseNegatives } from "./false-negatives.js";
import type { FileCount } from "./file-count.js";
import type {
  BatchInspection,
  LabelInspection,
  ScoreInspection,
  TextInspection,
} from "./inspection.js";
import { createLengthCount, type LengthCount } from "./length-count.js";
import { countUnknown, type UnknownShare } from "./unknown-share.js";

/** Makes the tokens of a text, special ones included, and says how many the model takes. */
export interface TokenCounter {
  readonly model: string;
  readonly maxLength: number;
  /** Token ids, special ones around the text's own. */
  readonly tokenize: (text: string) => ArrayLike<number>;
  /** Id of what the vocabulary does not have. */
  readonly unknownId?: number | undefined;
}

/** Lengths of the texts of each role, in tokens on the sampled rows, and the share of unknown tokens there. */
export function textLengths(
  count: FileCount,
  counter: TokenCounter | undefined,
): { readonly lengths: TextInspection[]; readonly unknown: UnknownShare | undefined } {
  const tokens = new Map<string, LengthCount>();
  const ids: ArrayLike<number>[] = [];
  if (counter !== undefined) {
    for (const { role, text, line } of count.sample) {
      const lengths = tokens.get(role) ?? createLengthCount();
      tokens.set(role, lengths);
      const own = counter.tokenize(text);
      lengths.add(own.length, line);
      ids.push(own);
    }
  }
  const id = counter?.unknownId;
  const unknown = id === undefined ? undefined : countUnknown(ids, id);
  const lengths = [...count.words].map(([role, words]) => {
    const sampled = tokens.get(role);
    if (counter === undefined || sampled === undefined) return { role, words: words.summary() };
    const summary = sampled.summary();
    const cut = summary.texts === 0 ? 0 : sampled.above(counter.maxLength) / summary.texts;
    return { role, words: words.summary(), tokens: summary, cut };
  });
  return { lengths, unknown };
}

/** The labels of a file, commonest first. */
export function labelSummary(
  count: FileCount,
  column: string,
  type: LabelInspection["type"],
): LabelInspection {
  const all = [...count.labels.values].map(([value, { count: times }]) => ({
    value,
    count: times,
  }));
  all.sort((a, b) => b.count - a.count);
  return { column, type, distinct: all.length, values: all.slice(0, 20) };
}

/** Ten parts of the usual scale that holds all scores, or of their own range. */
export function scoreSummary(count: FileCount, column: string): ScoreInspection | undefined {
  const scores = count.scores.values();
  if (scores.length === 0) return undefined;
  let [low, high, sum] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0];
  for (const score of scores) {
    low = Math.min(low, score);
    high = Math.max(high, score);
    sum += score;
  }
  const range = usualScale(low, high);
  const [from, to] = range ?? [low, high];
  const counts = new Float64Array(10);
  const width = (to - from) / 10 || 1;
  for (const score of scores) {
    const part = Math.min(9, Math.floor((score - from) / width));
    counts[part] = counts[part] + 1;
  }
  const histogram = Array.from(counts, (times, i) => ({
    from: from + i * width,
    to: from + (i + 1) * width,
    count: times,
  }));
  const mean = sum / scores.length;
  return { column, low, high, mean, range, histogram };
}

/** Expected false negatives of rows that are trained with in-batch negatives; undefined for other kinds. */
export function batchSummary(
  count: FileCount,
  kind: RowKind | undefined,
  labels: LabelColumn | undefined,
  batchSize: number,
): BatchInspection | undefined {
  if (kind === undefined || !["pair", "triplet", "nli", "classed"].includes(kind)) return undefined;
  const { links } = count;
  const texts = count.distinct;
  const groups = count.groups.size();
  const entailed = kind === "nli" ? entailments(count, labels) : undefined;
  const numbersOf = (row: number): readonly number[] => {
    const first = links.first?.at(row) ?? -1;
    const label = links.label?.at(row) ?? -1;
    if (first < 0) return none;
    if (kind === "classed") return label < 0 ? none : [first, texts + groups + label];
    if (entailed !== undefined && !entailed.has(label)) return none;
    const second = links.second?.at(row) ?? -1;
    if (second < 0) return none;
    const group = links.group?.at(row) ?? -1;
    return group < 0 ? [first, second] : [first, second, texts + group];
  };
  const numbers = texts + groups + count.labels.values.size;
  return falseNegatives({ rows: count.rows, numbers, numbersOf }, batchSize);
}

const none: readonly number[] = [];

function entailments(count: FileCount, labels: LabelColumn | undefined): Set<number> {
  const values = [...count.labels.values.keys()];
  return new Set(
    values.flatMap((value, number) =>
      labels?.meaning.get(value.toLowerCase()) === "entailment" ? [number] : [],
    ),
  );
}

/** The distinct labels in lower case as `labelColumnOf` wants them. */
export function labelOccurrences(
  count: FileCount,
): Map<string, { readonly count: number; readonly line: number }> {
  const found = new Map<string, { count: number; line: number }>();
  for (const [value, { count: times, line }] of count.labels.values) {
    const key = value.toLowerCase();
    const known = found.get(key);
    found.set(key, { count: times + (known?.count ?? 0), line: known?.line ?? line });
  }
  return found;
}

/** How many labelled rows have a label that no other row has, and the line of the first. */
export function singleClasses(count: FileCount): { readonly count: number; readonly line: number } {
  let classes = 0;
  let line = 0;
  for (const [value, found] of count.labels.values) {
    if (found.count > 1 || isUnlabelled(value)) continue;
    classes += 1;
    if (classes === 1) line = found.line;
  }
  return { count: classes, line };
}

/** The names of a file's columns with their roles and empty cells. */
export function columnSummary(source: RecordSource, columns: RoleColumns, count: FileCount) {
  const { negatives, ...single } = columns;
  const roles = new Map<number, string>(
    Object.entries(single).map(([role, index]) => [index, role]),
  );
  for (const index of negatives) roles.set(index, "negative");
  return source.columns.map((name, i) => {
    const role = roles.get(i);
    return { name, role, empty: count.empty[i] ?? 0 };
  });
}
