import { cleanNegatives } from "./build-rows.js";
import type { RowReportBuilder } from "./row-report.js";
import type { LabelledPairRow, NliRow, PairRow, ScoredPairRow } from "./row-types.js";

/**
 * Groups by premise: one row for each entailment hypothesis, with all contradictions of its premise as negatives (K ≥ 0).
 * Neutral hypotheses are unused (SimCSE, Gao 2021, section 4). `requireNegatives` drops entailments of premises without a
 * contradiction.
 */
export function nliToPairs(
  rows: readonly NliRow[],
  book: RowReportBuilder,
  requireNegatives = false,
): PairRow[] {
  const contradictions = new Map<string, string[]>();
  const entailed = new Set<string>();
  for (const { premise, hypothesis, label } of rows) {
    if (label === "entailment") entailed.add(premise);
    if (label === "contradiction") listOf(contradictions, premise).push(hypothesis);
  }
  const seen = new Set<string>();
  const pairs: PairRow[] = [];
  for (const row of rows) {
    const unused = unusedReason(row, entailed, seen);
    const negatives = contradictions.get(row.premise) ?? [];
    if (unused !== undefined) book.drop(unused, row.line);
    else if (row.label === "entailment") {
      const pair = { anchor: row.premise, positive: row.hypothesis, line: row.line };
      const clean = cleanNegatives(pair, negatives, book);
      if (clean.length === 0 && requireNegatives)
        book.drop("entailment of a premise without contradiction", row.line);
      else pairs.push({ ...pair, negatives: clean });
    }
  }
  return pairs;
}

/** Entailment 1, contradiction 0, neutral dropped. */
export function nliToLabelledPairs(
  rows: readonly NliRow[],
  book: RowReportBuilder,
): LabelledPairRow[] {
  const pairs: LabelledPairRow[] = [];
  for (const { premise, hypothesis, label, line } of rows) {
    if (label === "neutral") book.drop("neutral", line);
    else
      pairs.push({
        sentence1: premise,
        sentence2: hypothesis,
        label: label === "entailment" ? 1 : 0,
        line,
      });
  }
  return pairs;
}

const scoreOf = { entailment: 1, neutral: 0.5, contradiction: 0 } as const;

/** Entailment 1, neutral 0.5, contradiction 0. */
export function nliToScoredPairs(rows: readonly NliRow[]): ScoredPairRow[] {
  return rows.map(({ premise, hypothesis, label, line }) => ({
    sentence1: premise,
    sentence2: hypothesis,
    score: scoreOf[label],
    line,
  }));
}

function unusedReason(
  row: NliRow,
  entailed: ReadonlySet<string>,
  seen: Set<string>,
): string | undefined {
  if (row.label === "neutral") return "neutral";
  if (row.label === "contradiction") {
    return entailed.has(row.premise) ? undefined : "contradiction of a premise without entailment";
  }
  const key = `${row.premise}\u0000${row.hypothesis}`;
  if (seen.has(key)) return "repeats an earlier row";
  seen.add(key);
  return undefined;
}

function listOf(map: Map<string, string[]>, key: string): string[] {
  const found = map.get(key);
  if (found !== undefined) return found;
  const list: string[] = [];
  map.set(key, list);
  return list;
}
