import { nearest } from "../../errors/suggest.js";
import { UserError, usageError } from "../../errors/user-error.js";
import type { RawRow } from "./raw-rows.js";

/** The three relations of natural language inference. */
export type NliLabel = "entailment" | "neutral" | "contradiction";

/** The meaning of a value of a label column. */
export type LabelMeaning = NliLabel | "0" | "1";

/** What a label column holds: relations, 0/1, or numbers that are scores; `meaning` by value in lower case. */
export interface LabelColumn {
  readonly type: "nli" | "binary" | "score";
  readonly meaning: ReadonlyMap<string, LabelMeaning>;
}

/** `--label-map` as given: value in the file → entailment, neutral, contradiction, or 0, 1. */
export type LabelMap = Readonly<Record<string, string>>;

const nliWords: ReadonlyMap<string, NliLabel> = new Map([
  ["entailment", "entailment"],
  ["neutral", "neutral"],
  ["contradiction", "contradiction"],
]);
const nliLetters: ReadonlyMap<string, NliLabel> = new Map([
  ["e", "entailment"],
  ["n", "neutral"],
  ["c", "contradiction"],
]);
const binaryWords: ReadonlyMap<string, LabelMeaning> = new Map([
  ["0", "0"],
  ["1", "1"],
  ["0.0", "0"],
  ["1.0", "1"],
  ["false", "0"],
  ["true", "1"],
]);
/** GLUE's RTE and QNLI. */
const entailmentWords: ReadonlyMap<string, LabelMeaning> = new Map([
  ["entailment", "1"],
  ["not_entailment", "0"],
]);
const meanings: readonly string[] = ["entailment", "neutral", "contradiction", "0", "1"];

/** Values that say that the annotators did not agree or gave no label. */
export function isUnlabelled(value: string): boolean {
  return value === "" || value === "-" || value === "-1";
}

/** Checks `--label-map entailment=0,…` read as value → meaning, in either direction. UserError (exit 2): bad-label-map. */
export function parseLabelMap(given: LabelMap): ReadonlyMap<string, LabelMeaning> {
  const map = new Map<string, LabelMeaning>();
  for (const [left, right] of Object.entries(given)) {
    // design.md writes meaning=value (entailment=0); value=meaning (yes=1) is understood where only that makes sense.
    const [value, meaning] = nliWords.has(left.toLowerCase()) ? [right, left] : [left, right];
    const word = meaning.trim().toLowerCase();
    if (!meanings.includes(word)) {
      const near = nearest(word, meanings);
      throw usageError(
        "bad-label-map",
        `--label-map gives "${value}" the meaning "${meaning}", expected entailment, neutral, contradiction, 0 or 1`,
        near === undefined
          ? "for example --label-map entailment=0,neutral=1,contradiction=2"
          : `did you mean "${near}"?`,
      );
    }
    map.set(value.trim().toLowerCase(), word as LabelMeaning);
  }
  const families = new Set(
    [...map.values()].map((m) => (m === "0" || m === "1" ? "binary" : "nli")),
  );
  if (families.size > 1)
    throw usageError(
      "bad-label-map",
      "--label-map mixes relations (entailment, …) with 0 and 1",
      "give one of the two",
    );
  return map;
}

/** What surrounds a label column, for the decision and its errors. */
export interface LabelContext {
  readonly file: string;
  /** The column's name and that of the first text; relation-like names forbid guessing what 0 and 1 mean. */
  readonly column: string;
  readonly anchorColumn: string;
  readonly labelMap?: LabelMap | undefined;
}

/**
 * What the labels of sentence pairs mean. Words of relations in any case, their first letters, 0/1 and true/false, and numbers
 * with fractions explain themselves; integers of relations are never guessed. UserError: unknown-labels, with the values found.
 */
export function readLabelColumn(rows: readonly RawRow[], context: LabelContext): LabelColumn {
  return labelColumnOf(valuesOf(rows), context);
}

/** As `readLabelColumn`, from the distinct values in lower case with their counts and first lines. */
export function labelColumnOf(
  found: ReadonlyMap<string, LabelOccurrence>,
  context: LabelContext,
): LabelColumn {
  const values = [...found.keys()].filter((value) => !isUnlabelled(value));
  const within = (known: ReadonlyMap<string, unknown>): boolean =>
    values.every((value) => known.has(value));
  if (context.labelMap !== undefined) return mapped(values, found, context);
  if (within(nliWords)) return { type: "nli", meaning: nliWords };
  if (within(nliLetters)) return { type: "nli", meaning: nliLetters };
  if (within(entailmentWords)) return { type: "binary", meaning: entailmentWords };
  if (within(binaryWords) && !namesRelation(context))
    return { type: "binary", meaning: binaryWords };
  const numbers = values.map(Number);
  if (numbers.every(Number.isFinite) && !numbers.every(Number.isInteger))
    return { type: "score", meaning: new Map() };
  throw unknownLabels(values, found, context);
}

/** How often a value stands in a label column, and on which line first. */
export interface LabelOccurrence {
  readonly count: number;
  readonly line: number;
}

function valuesOf(rows: readonly RawRow[]): Map<string, LabelOccurrence> {
  const found = new Map<string, { count: number; line: number }>();
  for (const { label, line } of rows) {
    const value = label.toLowerCase();
    const entry = found.get(value);
    if (entry === undefined) found.set(value, { count: 1, line });
    else entry.count += 1;
  }
  return found;
}

function mapped(
  values: readonly string[],
  found: ReadonlyMap<string, LabelOccurrence>,
  context: LabelContext,
): LabelColumn {
  const meaning = parseLabelMap(context.labelMap ?? {});
  const nli = [...meaning.values()].some((m) => m !== "0" && m !== "1");
  const known = nli ? new Map([...nliWords, ...meaning]) : meaning;
  const unknown = values.filter((value) => !known.has(value));
  if (unknown.length > 0) throw unknownLabels(unknown, found, context);
  return { type: nli ? "nli" : "binary", meaning: known };
}

function namesRelation({ column, anchorColumn }: LabelContext): boolean {
  return /entail|gold|nli/i.test(column) || /premise/i.test(anchorColumn);
}

function unknownLabels(
  values: readonly string[],
  found: ReadonlyMap<string, LabelOccurrence>,
  context: LabelContext,
): UserError {
  const shown = values.slice(0, 8).map((value) => `"${value}" (${found.get(value)?.count} rows)`);
  const more = values.length > 8 ? ` and ${values.length - 8} more` : "";
  const first = Math.min(
    ...values.map((value) => found.get(value)?.line ?? Number.POSITIVE_INFINITY),
  );
  return new UserError(
    "unknown-labels",
    `column "${context.column}" has labels whose meaning is not known: ${shown.join(", ")}${more}; expected entailment, neutral, contradiction, or 0 and 1`,
    {
      at: { file: context.file, line: first },
      hint: "say which is which: --label-map entailment=…,neutral=…,contradiction=… (or …=1,…=0), or name another column: --columns label=…",
    },
  );
}
