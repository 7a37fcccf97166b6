/** A text that was found. */
export interface SearchHit {
  readonly text: string;
  /** Physical line of the file, 1-based. */
  readonly line: number;
  /** Cosine with the query. */
  readonly score: number;
  /** Its rank under each model, from 1, in the order of the answer's models. */
  readonly ranks: readonly number[];
}

/** The nearest texts of a query under each model, the base first. */
export interface SearchAnswer {
  readonly query: string;
  readonly models: readonly { readonly name: string; readonly hits: readonly SearchHit[] }[];
}
