import { counted } from "../../errors/counted.js";
import { nearest } from "../../errors/suggest.js";
import { UserError, usageError } from "../../errors/user-error.js";
import { normalName } from "../columns/role-names.js";
import type { RawRow } from "./raw-rows.js";

/** The three relations of natural language inference. */
export type NliLabel = "entailment" | "neutral" | "contradiction";

/** The meaning of a value of a label column. */
type LabelMeaning = NliLabel | "0" | "1";

/**
 * What a label column holds: relations, 0/1, numbers that are scores, or classes, which say nothing about two texts; `meaning` by value in
 * lower case, rows of other values are without a label.
 */
export interface LabelColumn {
  readonly type: "nli" | "binary" | "score" | "classes";
  readonly meaning: ReadonlyMap<string, LabelMeaning>;
}

/**
 * `--label-map` as given: value in the file → entailment, neutral, contradiction, 0, 1, or none (no label); or, where the values are not
 * such words, the other way round (entailment → 0).
 */
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
/** Labels of ±1: −1 is the negative where there is no 0. */
const signWords: ReadonlyMap<string, LabelMeaning> = new Map([
  ["1", "1"],
  ["1.0", "1"],
  ["-1", "0"],
  ["-1.0", "0"],
]);
/** The word of a map for values that are no label. */
const noLabel = "none";
const meanings: readonly string[] = ["entailment", "neutral", "contradiction", "0", "1", noLabel];

/** Values that say that the annotators did not agree or gave no label. */
export function isUnlabelled(value: string): boolean {
  return value === "" || value === "-" || value === "-1";
}

/**
 * What `--label-map` says of each value of a file: `entailment=0` names the value 0 where no such word stands in the file, else it gives the
 * value entailment the meaning 0. UserError (exit 2): bad-label-map, also for values that the file does not have.
 */
function parseLabelMap(
  given: LabelMap,
  found: ReadonlySet<string>,
): ReadonlyMap<string, LabelMeaning | typeof noLabel> {
  const map = new Map<string, LabelMeaning | typeof noLabel>();
  const entries = Object.entries(given);
  const lower = (text: string): string => text.trim().toLowerCase();
  const reversed = entries.every(([left]) => nliWords.has(lower(left)) && !found.has(lower(left)));
  const coded = entries.some(([, right]) => found.has(lower(right)));
  const pairs = entries.map(([left, right]) => {
    const [a, b] = [lower(left), lower(right)];
    return reversed ? ([b, a] as const) : ([a, b] as const);
  });
  for (const [value, word] of pairs) if (!meanings.includes(word)) throw badMeaning(value, word);
  for (const [value, word] of pairs) {
    // The code of a data set may name a relation that a part of it does not have.
    if (!found.has(value) && !(reversed && coded)) throw absentValue(value, found);
    map.set(value, word as LabelMeaning);
  }
  const families = new Set(
    [...map.values()]
      .filter((meaning) => meaning !== noLabel)
      .map((meaning) => (meaning === "0" || meaning === "1" ? "binary" : "nli")),
  );
  if (families.size > 1)
    throw usageError(
      "bad-label-map",
      "--label-map mixes relations (entailment, …) with 0 and 1",
      "give one of the two",
    );
  return map;
}

function badMeaning(value: string, word: string): UserError {
  const near = nearest(word, meanings);
  return usageError(
    "bad-label-map",
    `--label-map gives "${value}" the meaning "${word}", expected entailment, neutral, contradiction, 0, 1 or none`,
    near === undefined
      ? "for example --label-map entailment=0,neutral=1,contradiction=2"
      : `did you mean "${near}"?`,
  );
}

function absentValue(value: string, found: ReadonlySet<string>): UserError {
  const values = [...found].slice(0, 8).map((each) => `"${each}"`);
  return usageError(
    "bad-label-map",
    `--label-map names the value "${value}", which the file does not have; it has ${values.join(", ")}`,
    "leave it out of the map",
  );
}

/** What surrounds a label column, for the decision and its errors. */
interface LabelContext {
  readonly file: string;
  /** The column's name and that of the first text; relation-like names forbid guessing what 0 and 1 mean. */
  readonly column: string;
  readonly anchorColumn: string;
  readonly labelMap?: LabelMap | undefined;
  /** Whether the caller named the column. */
  readonly given?: boolean | undefined;
}

/**
 * What the labels of sentence pairs mean. Words of relations in any case, their first letters, 0/1 and true/false, and numbers
 * with fractions explain themselves; integers of relations are never guessed, nor is −1 beside 0 and 1. UserError: undecided-label, unknown-labels, with the values found.
 */
export function readLabelColumn(rows: readonly RawRow[], context: LabelContext): LabelColumn {
  return labelColumnOf(valuesOf(rows), context);
}

/** As `readLabelColumn`, from the distinct values in lower case with their counts and first lines. */
export function labelColumnOf(
  found: ReadonlyMap<string, LabelOccurrence>,
  context: LabelContext,
): LabelColumn {
  if (context.labelMap !== undefined) return mapped(found, context);
  const all = [...found.keys()].filter((value) => value !== "" && value !== "-");
  const signed = all.filter((value) => value === "-1" || value === "-1.0");
  const values = all.filter((value) => !isUnlabelled(value));
  const within = (known: ReadonlyMap<string, unknown>, some = values): boolean =>
    some.every((value) => known.has(value));
  if (within(nliWords)) return { type: "nli", meaning: nliWords };
  if (within(nliLetters)) return { type: "nli", meaning: nliLetters };
  if (within(entailmentWords)) return { type: "binary", meaning: entailmentWords };
  if (signed.length > 0 && within(signWords, all) && !namesRelation(context))
    return { type: "binary", meaning: signWords };
  if (within(binaryWords) && !namesRelation(context)) {
    if (signed.length > 0) throw undecidedSign(found, context);
    return { type: "binary", meaning: binaryWords };
  }
  const numbers = all.map(Number);
  if (numbers.every(Number.isFinite) && !numbers.every(Number.isInteger))
    return { type: "score", meaning: new Map() };
  if (namesClasses(context) && !numbers.some(Number.isFinite))
    return { type: "classes", meaning: new Map() };
  throw unknownLabels(values, found, context);
}

/** Names of columns that sort texts by what they are about. */
function namesClasses({ column, given }: LabelContext): boolean {
  return (
    !given &&
    /^(category|categories|intent|intents|topic|topics|class|classes|labeltext)$/.test(
      normalName(column),
    )
  );
}

/** 0, 1 and −1 together: a third answer, or none. */
function undecidedSign(
  found: ReadonlyMap<string, LabelOccurrence>,
  context: LabelContext,
): UserError {
  const [value, { line }] = [...found].find(([each]) => each === "-1" || each === "-1.0") ?? [
    "-1",
    { line: 1 },
  ];
  const zero = found.has("0.0") ? "0.0" : found.has("false") ? "false" : "0";
  const one = found.has("1.0") ? "1.0" : found.has("true") ? "true" : "1";
  const rest = `${one}=1,${zero}=0`;
  return new UserError(
    "undecided-label",
    `column "${context.column}" holds 0, 1 and ${value}, which may be a negative or no label`,
    {
      at: { file: context.file, line },
      hint: `as a negative: --label-map ${rest},${value}=0; as no label: --label-map ${rest},${value}=none`,
    },
  );
}

/** How often a value stands in a label column, and on which line first. */
interface LabelOccurrence {
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

function mapped(found: ReadonlyMap<string, LabelOccurrence>, context: LabelContext): LabelColumn {
  const map = parseLabelMap(context.labelMap ?? {}, new Set(found.keys()));
  const labels = new Map<string, LabelMeaning>();
  for (const [value, meaning] of map) if (meaning !== "none") labels.set(value, meaning);
  const nli = [...labels.values()].some((m) => m !== "0" && m !== "1");
  const known = new Map(nli ? [...nliWords, ...labels] : labels);
  for (const [value, meaning] of map) if (meaning === "none") known.delete(value);
  const unknown = [...found.keys()].filter(
    (value) => !known.has(value) && !map.has(value) && !isUnlabelled(value),
  );
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
  const shown = values
    .slice(0, 8)
    .map((value) => `"${value}" (${counted(found.get(value)?.count ?? 0, "row")})`);
  const more = values.length > 8 ? ` and ${values.length - 8} more` : "";
  const first = Math.min(
    ...values.map((value) => found.get(value)?.line ?? Number.POSITIVE_INFINITY),
  );
  return new UserError(
    "unknown-labels",
    `column "${context.column}" has labels whose meaning is not known: ${shown.join(", ")}${more}; expected entailment, neutral, contradiction, or 0 and 1`,
    {
      at: { file: context.file, line: first },
      hint: `say what each means: --label-map ${mapOf(values)}; if it is not to be used: --columns label=`,
    },
  );
}

/** The values with places for their meanings, as far as they can be written in a map. */
function mapOf(values: readonly string[]): string {
  const plain = values.filter((value) => /^[\p{L}\p{N}_.-]+$/u.test(value)).slice(0, 3);
  const names = values.length > 2 ? ["entailment", "neutral", "contradiction"] : ["1", "0"];
  return plain.length === 0
    ? "VALUE=1,OTHER=0"
    : plain.map((value, i) => `${value}=${names[i]}`).join(",");
}
