export const rowKinds = [
  "pair",
  "labelled-pair",
  "scored-pair",
  "triplet",
  "classed",
  "nli",
  "text",
] as const;

/**
 * What one row of data is: pair (anchor, positive[, negative…]) · labelled-pair (sentence1, sentence2, label 0/1) ·
 * scored-pair (…, score) · triplet (anchor, positive, negative) · classed (text, label) · nli (premise, hypothesis,
 * label) · text (a single text).
 */
export type RowKind = (typeof rowKinds)[number];

interface Conversion {
  readonly from: RowKind;
  readonly how: string;
}

const everyText = (from: RowKind): Conversion => ({ from, how: "each text of the row" });

/** How rows of one kind are made from rows of another. */
const conversions: Readonly<Record<RowKind, readonly Conversion[]>> = {
  pair: [
    { from: "triplet", how: "a pair with one explicit negative" },
    { from: "classed", how: "two texts of a class are anchor and positive" },
    {
      from: "nli",
      how: "a premise and its entailment, with the premise's contradictions as negatives",
    },
  ],
  triplet: [
    { from: "pair", how: "one triplet for each explicit negative" },
    { from: "nli", how: "premise, entailment, contradiction" },
  ],
  classed: [
    {
      from: "pair",
      how: "anchor and positive are two texts of a fresh class, a negative is a class of its own",
    },
    { from: "triplet", how: "as a pair with one explicit negative" },
    { from: "nli", how: "as pairs of premise and entailment" },
  ],
  "labelled-pair": [{ from: "nli", how: "entailment 1, contradiction 0, neutral dropped" }],
  "scored-pair": [{ from: "nli", how: "entailment 1, neutral 0.5, contradiction 0" }],
  nli: [],
  text: [
    everyText("pair"),
    everyText("triplet"),
    everyText("classed"),
    everyText("labelled-pair"),
    everyText("scored-pair"),
    everyText("nli"),
  ],
};

/** How an objective can be given rows of `from` when it takes `kinds`: the kind to make and how, or undefined. */
export function conversionTo(
  kinds: readonly RowKind[],
  from: RowKind,
): { readonly to: RowKind; readonly how: string } | undefined {
  for (const to of kinds) {
    const found = conversions[to].find((conversion) => conversion.from === from);
    if (found !== undefined) return { to, how: found.how };
  }
  return undefined;
}

/** The kinds that can be converted to one of `kinds` and are none of them. */
export function convertibleKinds(kinds: readonly RowKind[]): readonly RowKind[] {
  const all = Object.keys(conversions) as RowKind[];
  return all.filter((kind) => !kinds.includes(kind) && conversionTo(kinds, kind) !== undefined);
}
