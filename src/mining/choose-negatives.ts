import type { PairIndex } from "../dataset/batches/pair-index.js";
import type { PairRow } from "../dataset/rows/row-types.js";
import { createRandom } from "../math/random.js";
import { quantile } from "../math/statistics.js";
import type { Candidates } from "./candidates.js";
import type { Nearest } from "./nearest.js";
import {
  type RuleCounts,
  type Scored,
  type SelectionRules,
  selectNegatives,
} from "./select-negatives.js";

/** Quantiles that are reported of scores. */
export const reportedQuantiles = [0, 0.05, 0.25, 0.5, 0.75, 0.95, 1] as const;

/** A distribution of scores: its number and its values at `reportedQuantiles`. */
interface ScoreQuantiles {
  readonly what: "positives" | "candidates in range" | "chosen negatives";
  readonly count: number;
  readonly values: readonly number[];
}

export interface MinedRows {
  readonly rows: readonly PairRow[];
  readonly counts: RuleCounts;
  readonly quantiles: readonly ScoreQuantiles[];
  /** Rows by the number of mined negatives they got: place k counts rows with k. */
  readonly rowsWith: readonly number[];
}

interface ChooseOptions {
  readonly rows: readonly PairRow[];
  readonly index: PairIndex;
  readonly candidates: Candidates;
  readonly nearest: Nearest;
  /** Score of each row's anchor and positive [n]. */
  readonly positives: Float32Array;
  /** A judge's score in place of the search's. */
  readonly judged?: ((anchor: number, candidate: number) => number) | undefined;
  readonly rules: SelectionRules;
  readonly seed: number;
  /** Number of the first row among all, where these are a part. */
  readonly first: number;
}

/** Chooses the negatives of every row by the rules and adds them behind those that the row has. */
export function chooseNegatives(options: ChooseOptions): MinedRows {
  const { rows, index, candidates, nearest, positives, rules, judged } = options;
  const counts = { ...nearest.counts };
  const ranged: number[] = [];
  const chosenScores: number[] = [];
  const rowsWith = Array.from({ length: rules.count + 1 }, () => 0);
  const made = rows.map((row, i) => {
    const anchor = index.anchors[i];
    const scored = nearest.of(anchor).map(
      ({ candidate, score }): Scored => ({
        candidate,
        score: judged?.(anchor, candidate) ?? score,
      }),
    );
    const known = new Set(row.negatives);
    const context = {
      // Its own numbers for each row, so that a part of the rows draws what the whole does.
      random: createRandom(options.seed, `mine/${options.first + i}`),
      positiveScore: positives[i],
      isKnown: (candidate: number) => known.has(candidates.texts[candidate]),
    };
    const chosen = selectNegatives(scored, context, rules, counts);
    for (const { score } of scored) ranged.push(score);
    for (const { score } of chosen) chosenScores.push(score);
    rowsWith[chosen.length] = rowsWith[chosen.length] + 1;
    const texts = chosen.map(({ candidate }) => candidates.texts[candidate]);
    return { ...row, negatives: [...row.negatives, ...texts] };
  });
  const quantiles = [
    quantilesOf("positives", positives),
    quantilesOf("candidates in range", ranged),
    quantilesOf("chosen negatives", chosenScores),
  ];
  return { rows: made, counts, quantiles, rowsWith };
}

function quantilesOf(what: ScoreQuantiles["what"], scores: ArrayLike<number>): ScoreQuantiles {
  const sorted = Float64Array.from(scores).sort();
  const values = sorted.length === 0 ? [] : reportedQuantiles.map((q) => quantile(sorted, q));
  return { what, count: sorted.length, values };
}
