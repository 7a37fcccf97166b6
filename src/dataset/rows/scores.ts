import { Problems } from "../../errors/problems.js";
import { UserError, usageError } from "../../errors/user-error.js";
import type { Dialect } from "../readers/record-source.js";
import type { RowReportBuilder } from "./row-report.js";

/** The lowest and the highest score that the annotators could give. */
export type ScoreRange = readonly [number, number];

/** A score as written and where. */
interface WrittenScore {
  readonly value: string;
  readonly line: number;
}

const number = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;

/** A finite number as people write it, or undefined: no hexadecimal, no empty text, no NaN or infinity. */
export function parseNumber(text: string): number | undefined {
  if (!number.test(text)) return undefined;
  const value = Number(text);
  return Number.isFinite(value) ? value : undefined;
}

/** The number before the sign of `85%` or `85.5 %`, or undefined where the text is no percentage. */
export function parsePercent(text: string): number | undefined {
  return text.endsWith("%") ? parseNumber(text.slice(0, -1).trimEnd()) : undefined;
}

/** Whether files of the dialect may write 4,2 for 4.2: another character separates their fields. */
export function hasDecimalCommas({
  format,
  delimiter,
}: Pick<Dialect, "format" | "delimiter">): boolean {
  return format === "delimited" && delimiter !== ",";
}

/** A number or percentage with a decimal comma written with a point; other texts as they are. */
export function withDecimalPoint(text: string): string {
  return text.replace(/^([+-]?\d*),(\d+)(\s*%)?$/, "$1.$2$3");
}

/** The usual scales, narrowest first. STS is 0–5, SICK 1–5. */
const scales: readonly ScoreRange[] = [
  [0, 1],
  [-1, 1],
  [1, 5],
  [0, 5],
  [0, 10],
  [0, 100],
];

/** The narrowest usual scale that holds scores from `low` to `high`, or undefined. */
export function usualScale(low: number, high: number): ScoreRange | undefined {
  return scales.find(([least, most]) => low >= least && high <= most);
}

/**
 * Scores scaled once to [0, 1]: (score − low) / (high − low). The range is the one given, or the first usual scale that holds all
 * scores; it is stated in the account. A column of percentages throughout (`85%`) is taken as shares of 100, unless a range says otherwise.
 * UserError: bad-score (up to ten together), unknown-score-range.
 */
export function scaleScores(
  scores: readonly WrittenScore[],
  column: string,
  book: RowReportBuilder,
  given?: ScoreRange,
): Float64Array {
  const asPercent = arePercentages(scores, column, book.file);
  const range = given ?? (asPercent ? PERCENT : undefined);
  const values = parseScores(scores, { column, file: book.file, range, asPercent });
  const [low, high] = range ?? detectRange(values, column, book.file);
  const spread = high - low;
  for (let i = 0; i < values.length; i++) values[i] = (values[i] - low) / spread;
  if (asPercent)
    book.note(
      `scores of column "${column}" are percentages: ${scores[0].value} on line ${scores[0].line} is ${values[0]}`,
    );
  book.note(
    `scores of column "${column}" scaled from ${low}–${high} (${given === undefined ? "detected" : "given"}) to 0–1`,
  );
  return values;
}

/** What percentages are shares of. */
const PERCENT: ScoreRange = [0, 100];

/** Whether all scores are percentages. UserError bad-score, at the rows of the rarer kind, where some are. */
function arePercentages(scores: readonly WrittenScore[], column: string, file: string): boolean {
  const shares = scores.filter(({ value }) => value.endsWith("%"));
  if (shares.length === 0 || shares.length === scores.length) return shares.length > 0;
  const plain = scores.filter(({ value }) => !value.endsWith("%"));
  const [odd, usual] = shares.length < plain.length ? [shares, plain] : [plain, shares];
  const problems = new Problems("bad-score");
  const [{ value: like, line: where }] = usual;
  for (const { value, line } of odd) {
    const message = `column "${column}" must be percentages in all rows or in none, got "${value}" beside "${like}" (line ${where})`;
    problems.add(message, { file, line });
  }
  problems.throwIfAny("write all scores on one scale, with % or without");
  return false;
}

interface ScoreColumn {
  readonly column: string;
  readonly file: string;
  readonly range: ScoreRange | undefined;
  readonly asPercent: boolean;
}

function parseScores(
  scores: readonly WrittenScore[],
  { column, file, range: given, asPercent }: ScoreColumn,
): Float64Array {
  if (given !== undefined && !(given[0] < given[1])) {
    throw usageError(
      "bad-score-range",
      `the score range must be low < high, got ${given[0]} and ${given[1]}`,
      "for example --score-range 0,5",
    );
  }
  const problems = new Problems("bad-score");
  const values = new Float64Array(scores.length);
  scores.forEach(({ value, line }, i) => {
    const parsed = asPercent ? parsePercent(value) : parseNumber(value);
    if (parsed === undefined)
      problems.add(`column "${column}" must be a number, got "${value}"`, { file, line });
    else if (given !== undefined && (parsed < given[0] || parsed > given[1])) {
      problems.add(`column "${column}" must be from ${given[0]} to ${given[1]}, got ${value}`, {
        file,
        line,
      });
    } else values[i] = parsed;
  });
  problems.throwIfAny("drop the row, or read none of the scores: --columns score=");
  return values;
}

function detectRange(values: Float64Array, column: string, file: string): ScoreRange {
  const low = values.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
  const high = values.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  const scale = usualScale(low, high);
  if (scale !== undefined) return scale;
  throw new UserError(
    "unknown-score-range",
    `column "${column}" has scores from ${low} to ${high}, which is no usual scale`,
    {
      at: { file },
      hint: `say what could be given: --score-range ${Math.floor(low)},${Math.ceil(high)}`,
    },
  );
}
