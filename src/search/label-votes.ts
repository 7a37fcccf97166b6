import type { Neighbours } from "./neighbours.js";

/** A text whose label most of its neighbours do not have. */
interface Disagreement {
  readonly text: number;
  readonly label: string;
  /** The label of more than half of the neighbours. */
  readonly others: string;
  /** Share of the neighbours that have it, above 0.5 up to 1. */
  readonly share: number;
  /** The nearest text that has it. */
  readonly nearest: number;
  /** Its cosine. */
  readonly score: number;
}

/**
 * Texts whose label differs from that of more than half of their k nearest other texts, every neighbour with one vote: those with the
 * greatest share first, then those whose neighbour is nearest. `labels`: one of each text.
 */
export function disagreements(
  { texts, k: all, documents, scores }: Neighbours,
  labels: readonly string[],
  k: number,
): Disagreement[] {
  const found: Disagreement[] = [];
  for (let text = 0; text < texts; text++) {
    const own = documents.subarray(text * all, text * all + k).filter((other) => other >= 0);
    const votes = new Map<string, number>();
    for (const other of own) votes.set(labels[other], (votes.get(labels[other]) ?? 0) + 1);
    const [others, count] = [...votes].find(([, votes]) => votes > own.length / 2) ?? ["", 0];
    if (count === 0 || others === labels[text]) continue;
    const at = own.findIndex((other) => labels[other] === others);
    found.push({
      text,
      label: labels[text],
      others,
      share: count / own.length,
      nearest: own[at],
      score: scores[text * all + at],
    });
  }
  return found.sort((a, b) => b.share - a.share || b.score - a.score || a.text - b.text);
}
