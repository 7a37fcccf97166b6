import type { ColumnMapping } from "../columns/resolve-columns.js";
import type { NliLabel } from "./labels.js";
import type { RowReport } from "./row-report.js";

/** Two texts that belong together, with K ≥ 0 explicit negatives (K may differ from row to row). K = 1 is a triplet. */
export interface PairRow {
  readonly anchor: string;
  readonly positive: string;
  readonly negatives: readonly string[];
  /** Rows of one group are never each other's negatives. */
  readonly group?: string | undefined;
  /** A teacher's sim(anchor, positive) − sim(anchor, negative), for margin-mse. */
  readonly margin?: number | undefined;
  /** Physical line of the file, 1-based. */
  readonly line: number;
}

/** Two texts and whether they belong together. */
export interface LabelledPairRow {
  readonly sentence1: string;
  readonly sentence2: string;
  readonly label: 0 | 1;
  readonly line: number;
}

/** Two texts and how similar they are, scaled to [0, 1]. */
export interface ScoredPairRow {
  readonly sentence1: string;
  readonly sentence2: string;
  readonly score: number;
  /** The part of a collection that it is from, where parts are measured apart. */
  readonly subset?: string | undefined;
  readonly line: number;
}

/** A text x_i with its class y_i. */
export interface ClassedRow {
  readonly text: string;
  readonly label: string;
  /** Rows of one unit came from one pair row and travel together: anchor, positive and its explicit negatives. */
  readonly unit?: number;
  readonly line: number;
}

/** Premise, hypothesis and their relation. */
export interface NliRow {
  readonly premise: string;
  readonly hypothesis: string;
  readonly label: NliLabel;
  readonly line: number;
}

/** A single text. */
export interface TextRow {
  readonly text: string;
  readonly line: number;
}

/** Row type by kind. A triplet is a pair with K = 1, so it has no kind of its own here. */
export interface RowTypes {
  readonly pair: PairRow;
  readonly "labelled-pair": LabelledPairRow;
  readonly "scored-pair": ScoredPairRow;
  readonly classed: ClassedRow;
  readonly nli: NliRow;
  readonly text: TextRow;
}

/** The kinds a data set can be of. */
export type DatasetKind = keyof RowTypes;

/** Rows of one kind, and where they came from. */
export interface DatasetOf<K extends DatasetKind> {
  readonly kind: K;
  readonly rows: readonly RowTypes[K][];
  /** Every row of the file is in `rows` or in a counted reason here. */
  readonly account: RowReport;
  readonly columns: ColumnMapping;
  /** How the file was read, in words: `comma-separated, quotes ", header, utf-8`. */
  readonly dialect: string;
}

/** Data of any kind, told apart by `kind`. */
export type Dataset = { readonly [K in DatasetKind]: DatasetOf<K> }[DatasetKind];
