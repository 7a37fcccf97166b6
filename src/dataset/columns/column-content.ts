import {
  parseNumber,
  parsePercent,
  type ScoreRange,
  usualScale,
  withDecimalPoint,
} from "../rows/scores.js";
import { isPlaceholder } from "../texts/placeholders.js";
import { wordsIn } from "../texts/words.js";

/** What the values of a column look like. */
export interface ColumnContent {
  /** text: sentences; phrase: mostly distinct short texts; score: numbers with fractions; label: few distinct values. */
  readonly type: "text" | "phrase" | "score" | "label" | "other";
  /** What values a judgment could have: 0/1 or true/false, relations, or numbers of a usual scale; with that scale. */
  readonly judgment?: "binary" | "relation" | "scale" | undefined;
  readonly scale?: ScoreRange | undefined;
}

/** Rows with fewer values than this are no evidence. */
const least = 2;

/** What the first values of a column look like. */
export function contentOf(cells: readonly string[]): ColumnContent {
  const values = cells.filter((cell) => cell !== "" && !isPlaceholder(cell));
  if (values.length < least || values.length < 0.5 * cells.length) return { type: "other" };
  const distinct = new Set(values).size;
  const percentages = values.map((value) => parsePercent(withDecimalPoint(value)));
  if (percentages.every((x) => x !== undefined))
    return numberContent(
      percentages.map((x) => x / 100),
      values,
      distinct,
    );
  const numbers = values.map((value) => parseNumber(value.replace(/^([+-]?\d+),(\d+)$/, "$1.$2")));
  if (numbers.every((x) => x !== undefined)) return numberContent(numbers, values, distinct);
  const words = values.reduce((sum, value) => sum + wordsIn(value), 0) / values.length;
  const lower = new Set(values.map((value) => value.toLowerCase()));
  const judgment = distinct > 1 ? wordJudgment(lower) : undefined;
  if (isLabelLike(distinct, values.length) && words < 4) return { type: "label", judgment };
  if (words >= 3) return { type: "text" };
  return { type: isPhrases(values, distinct) ? "phrase" : "other", judgment };
}

const binaryWords = ["true", "false", "yes", "no"];
const relationWords = ["entailment", "neutral", "contradiction", "not_entailment"];

function wordJudgment(values: ReadonlySet<string>): ColumnContent["judgment"] {
  if ([...values].every((value) => binaryWords.includes(value))) return "binary";
  return [...values].every((value) => relationWords.includes(value)) ? "relation" : undefined;
}

/** Scores are written with fractions; classes are few whole numbers. */
function numberContent(
  numbers: readonly number[],
  values: readonly string[],
  distinct: number,
): ColumnContent {
  const low = Math.min(...numbers);
  const high = Math.max(...numbers);
  const fractions = numbers.some((x) => !Number.isInteger(x)) || values.some((v) => /[.,]/.test(v));
  const scale = usualScale(low, high);
  const judgment = numberJudgment(numbers, distinct, scale);
  if (fractions && scale !== undefined) return { type: "score", judgment, scale };
  if (!fractions && low >= -1 && high < 100 && isLabelLike(distinct, values.length))
    return { type: "label", judgment, scale };
  return { type: "other", judgment, scale };
}

/** 0 and 1 (or −1 and 1), or numbers of a usual scale, whole ones only if they go near its top; neither a constant nor an index. */
function numberJudgment(
  numbers: readonly number[],
  distinct: number,
  scale: ScoreRange | undefined,
): ColumnContent["judgment"] {
  if (distinct < 2 || scale === undefined) return undefined;
  const binary =
    numbers.every((x) => x === 0 || x === 1) || numbers.every((x) => x === -1 || x === 1);
  if (binary) return "binary";
  const rising = numbers.every((x, i) => i === 0 || x === numbers[i - 1] + 1);
  const whole = numbers.every(Number.isInteger);
  return !rising && (!whole || Math.max(...numbers) >= 0.7 * scale[1]) ? "scale" : undefined;
}

/** A constant column is no label, nor is one whose values hardly repeat. */
function isLabelLike(distinct: number, values: number): boolean {
  return (
    distinct >= 2 && distinct <= 50 && distinct < values && distinct <= Math.max(2, 0.4 * values)
  );
}

/** Words, mostly distinct: no codes, ids or addresses. */
function isPhrases(values: readonly string[], distinct: number): boolean {
  const words = values.filter(
    (value) => /\p{L}{2}|\p{Script=Han}/u.test(value) && !/\d|^https?:|@|[\\/_]/.test(value),
  );
  return distinct >= 0.5 * values.length && words.length >= 0.9 * values.length;
}
