/** A distinct text of a file. */
export interface PlacedText {
  readonly text: string;
  /** Lines where it stands, 1-based, rising. */
  readonly lines: readonly number[];
}

/** What is near to what in a file. Counts are of all that was found; lists hold the first `top`. */
export interface Similar {
  readonly file: string;
  readonly model: string;
  /** Distinct texts. */
  readonly texts: number;
  /** Texts that stand on several lines. */
  readonly repeated: number;
  /** The pairs of distinct texts with the highest cosines. */
  readonly pairs: readonly {
    readonly score: number;
    readonly first: PlacedText;
    readonly second: PlacedText;
  }[];
  readonly threshold: number;
  /** Texts that are connected through cosines of at least the threshold. */
  readonly duplicates: {
    readonly groups: number;
    readonly texts: number;
    readonly largest: readonly { readonly least: number; readonly texts: readonly PlacedText[] }[];
  };
  /** Rows with classes: those whose class more than half of the k nearest texts do not have. */
  readonly labels?:
    | {
        readonly neighbours: number;
        readonly disagree: number;
        readonly rows: readonly LabelDisagreement[];
      }
    | undefined;
}

interface LabelDisagreement extends PlacedText {
  readonly label: string;
  /** The class of more than half of its neighbours, and how many have it (0.5–1). */
  readonly others: string;
  readonly share: number;
  /** The nearest text of that class. */
  readonly nearest: PlacedText;
  readonly score: number;
}
