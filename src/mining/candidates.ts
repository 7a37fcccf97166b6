import type { PairIndex } from "../dataset/batches/pair-index.js";
import { plainForm } from "../dataset/texts/text-hash.js";

/** What may become a negative of what. */
export interface Candidates {
  /** Distinct texts that are looked through [N]. */
  readonly texts: readonly string[];
  /** Of each component of rows: the candidates that are its own anchors or positives, but for case and punctuation. */
  readonly ownOf: (component: number) => readonly number[];
}

/**
 * The candidates for rows of pairs: the texts of a corpus, or the rows' own positives. Rows that are connected through shared texts or groups
 * have the same positives; a candidate that equals one of them or an anchor, but for case and punctuation, is no negative of any of them.
 */
export function findCandidates(index: PairIndex, corpus?: Iterable<string>): Candidates {
  const texts = [...new Set(corpus ?? positivesOf(index))];
  const components = new Map<string, number[]>();
  index.texts.forEach((text, id) => {
    const component = index.textComponents[id];
    if (component < 0) return;
    const plain = plainForm(text);
    const known = components.get(plain) ?? [];
    components.set(plain, known);
    if (!known.includes(component)) known.push(component);
  });
  const own = new Map<number, number[]>();
  texts.forEach((text, candidate) => {
    for (const component of components.get(plainForm(text)) ?? none) {
      const known = own.get(component) ?? [];
      own.set(component, known);
      known.push(candidate);
    }
  });
  return { texts, ownOf: (component) => own.get(component) ?? none };
}

const none: readonly number[] = [];

function* positivesOf({ texts, positives }: PairIndex): Generator<string> {
  for (const id of positives) yield texts[id];
}
