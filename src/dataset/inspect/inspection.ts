import type { ColumnMapping } from "../columns/resolve-columns.js";
import type { RowKind } from "../rows/row-kinds.js";
import type { Bin, Lengths } from "./length-count.js";

/** What is worth doing something about. */
export interface Finding {
  /** Stable and kebab-case: `repeated-rows`, `conflicting-labels`. */
  readonly code: string;
  /** `rows that repeat an earlier row`. */
  readonly what: string;
  readonly count: number;
  /** Line of the first case, where it is known. */
  readonly line?: number;
  /** What to do about it, one sentence. */
  readonly advice: string;
}

interface ColumnInspection {
  readonly name: string;
  /** What the column is to an objective; absent: nothing. */
  readonly role?: string | undefined;
  readonly empty: number;
}

/** Lengths of the texts of one role. */
export interface TextInspection {
  readonly role: string;
  readonly words: Lengths;
  /** Of a sample; absent where no tokenizer was given. */
  readonly tokens?: Lengths;
  /** Share of the sampled texts with more tokens than the maximum length. */
  readonly cut?: number;
}

export interface LabelInspection {
  readonly column: string;
  /** What the labels are, as far as they explain themselves. */
  readonly type: "nli" | "binary" | "classes" | "unknown";
  readonly distinct: number;
  /** The commonest 20. */
  readonly values: readonly { readonly value: string; readonly count: number }[];
}

export interface ScoreInspection {
  readonly column: string;
  readonly low: number;
  readonly high: number;
  readonly mean: number;
  /** The usual scale that holds all scores, or undefined. */
  readonly range?: readonly [number, number] | undefined;
  /** Ten equal parts of the range. */
  readonly histogram: readonly Bin[];
}

/** Pairs of a random batch that share a text, a group or a class and so are no negatives of each other. */
export interface BatchInspection {
  readonly batchSize: number;
  /** Rows that would be anchors: of NLI data the entailments. */
  readonly rows: number;
  /** Expected number of such (anchor, other row) among batchSize·(batchSize − 1). */
  readonly expected: number;
  /** Rows of the largest set that is connected through shared texts. */
  readonly largest: number;
}

export interface FileInspection {
  readonly file: string;
  readonly sha256: string;
  readonly dialect: string;
  readonly rows: number;
  readonly columns: readonly ColumnInspection[];
  readonly roles: ColumnMapping;
  /** The kinds of row that the file can give, the likeliest first. */
  readonly kinds: readonly RowKind[];
  readonly texts: { readonly total: number; readonly distinct: number };
  readonly lengths: readonly TextInspection[];
  readonly labels?: LabelInspection;
  readonly scores?: ScoreInspection | undefined;
  readonly batch?: BatchInspection | undefined;
  readonly findings: readonly Finding[];
  readonly notes: readonly string[];
}

/** Texts that two files have in common. */
export interface SharedTexts {
  readonly first: string;
  readonly second: string;
  /** Distinct texts of the second file that the first has too, exactly and but for case and punctuation. */
  readonly exact: number;
  readonly plain: number;
  /** Rows of the second file with such a text (but for case and punctuation), and the line of the first. */
  readonly rows: number;
  readonly line?: number;
}

export interface Inspection {
  readonly files: readonly FileInspection[];
  readonly shared: readonly SharedTexts[];
  /** How tokens were counted: by which model, on how many rows of each file at most. */
  readonly tokens?:
    | {
        readonly model: string;
        readonly maxLength: number;
        readonly sample: number;
      }
    | undefined;
}
