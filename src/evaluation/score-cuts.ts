/** Scores with their labels, sorted once so that every resample is a single pass. */
interface LabelledScores {
  /** Row indices by falling score. */
  readonly order: Uint32Array;
  /** Labels in that order, 1 or 0. */
  readonly labels: Uint8Array;
  /** Ends in `order` of the groups of equal scores. */
  readonly ends: Uint32Array;
  /** The distinct scores, falling; one a group. */
  readonly distinct: Float64Array;
}

/** A cut: 1 is predicted for the groups of scores up to `group` (−1: for none). */
interface Cut {
  readonly group: number;
  /** Rows of label 1 and of label 0 above the cut. */
  readonly truePositives: number;
  readonly falsePositives: number;
}

/** What the cuts of one resample give. */
export interface CutScores {
  /** Rows drawn of label 1 and of label 0. */
  readonly positives: number;
  readonly negatives: number;
  /** NaN when no row of label 1 is drawn. */
  readonly averagePrecision: number;
  /** Of equally good cuts those with the highest threshold. */
  readonly mostAccurate: Cut;
  readonly bestF1: Cut;
}

/** Sorts the scores; equal scores cannot be told apart by any threshold, so they form one group. */
export function labelledScores(
  scores: ArrayLike<number>,
  labels: ArrayLike<number>,
): LabelledScores {
  const n = scores.length;
  const order = Uint32Array.from({ length: n }, (_, i) => i).sort((i, j) => scores[j] - scores[i]);
  const ends: number[] = [];
  for (let k = 1; k <= n; k++) {
    if (k === n || scores[order[k]] !== scores[order[k - 1]]) ends.push(k);
  }
  return {
    order,
    labels: Uint8Array.from(order, (row) => labels[row]),
    ends: Uint32Array.from(ends),
    distinct: Float64Array.from(ends, (end) => scores[order[end - 1]]),
  };
}

/**
 * Average precision Σ_g (R_g − R_{g−1})·P_g over the cuts by falling score, without interpolation, as scikit-learn's
 * `average_precision_score`, and the cuts of highest accuracy and F1 as sentence-transformers' BinaryClassificationEvaluator
 * finds them; `counts[i]` says how often row i was drawn. `wanted`: rows of label 1 that there are to find, where not all have a score.
 */
export function cutScores(rows: LabelledScores, counts: Uint32Array, wanted?: number): CutScores {
  const { order, labels, ends } = rows;
  const walk = cutWalk(wanted ?? drawnPositives(rows, counts));
  let k = 0;
  for (let group = 0; group < ends.length; group++) {
    let [right, wrong] = [0, 0];
    for (const end = ends[group]; k < end; k++) {
      const count = counts[order[k]];
      if (labels[k] === 1) right += count;
      else wrong += count;
    }
    walk.add(group, right, wrong);
  }
  return walk.result();
}

/** Collects the cuts of groups of equal scores, given by falling score. */
interface CutWalk {
  add(group: number, right: number, wrong: number): void;
  result(): CutScores;
}

/** A walk over the cuts where `positives` rows of label 1 are to be found. */
export function cutWalk(positives: number): CutWalk {
  let [tp, fp, sum] = [0, 0, 0];
  let mostAccurate: Cut = { group: -1, truePositives: 0, falsePositives: 0 };
  let bestF1 = mostAccurate;
  return {
    add: (group, right, wrong) => {
      tp += right;
      fp += wrong;
      if (right === 0) return;
      sum += (right * tp) / (tp + fp);
      const cut = { group, truePositives: tp, falsePositives: fp };
      // Both can only rise where a row of label 1 was added.
      if (tp - fp > mostAccurate.truePositives - mostAccurate.falsePositives) mostAccurate = cut;
      if (f1Of(cut, positives) > f1Of(bestF1, positives)) bestF1 = cut;
    },
    result: () => ({
      positives,
      negatives: fp,
      averagePrecision: sum / positives,
      mostAccurate,
      bestF1,
    }),
  };
}

function drawnPositives({ order, labels }: LabelledScores, counts: Uint32Array): number {
  let sum = 0;
  for (let k = 0; k < order.length; k++) if (labels[k] === 1) sum += counts[order[k]];
  return sum;
}

/** Share of the rows that a cut predicts rightly. */
export function accuracyOf(cut: Cut, { positives, negatives }: CutScores): number {
  return (cut.truePositives + negatives - cut.falsePositives) / (positives + negatives);
}

/** Right ones among the rows that a cut predicts 1 for; 0 when it does for none. */
export function precisionOf({ truePositives, falsePositives }: Cut): number {
  return truePositives === 0 ? 0 : truePositives / (truePositives + falsePositives);
}

/** Share of the rows of label 1 that a cut finds; NaN when there are none. */
export function recallOf(cut: Cut, positives: number): number {
  return cut.truePositives / positives;
}

/** 2PR / (P + R), 0 when both are; in this order of operations ties fall as in sentence-transformers. */
export function f1Of(cut: Cut, positives: number): number {
  const precision = precisionOf(cut);
  const recall = recallOf(cut, positives);
  return precision + recall === 0 ? 0 : (2 * precision * recall) / (precision + recall);
}

/** Matthews's correlation of prediction and label, 0 where either is the same for all rows. */
export function mccOf(
  { truePositives: tp, falsePositives: fp }: Cut,
  { positives, negatives }: CutScores,
): number {
  const [fn, tn] = [positives - tp, negatives - fp];
  const spread = (tp + fp) * (fn + tn) * positives * negatives;
  return spread === 0 ? 0 : (tp * tn - fp * fn) / Math.sqrt(spread);
}

/**
 * The threshold t of a cut: predict 1 where score ≥ t. Midway to the next lower score; the score itself for the last
 * group and where the midpoint rounds to the next score; the next number above all scores when nothing is predicted 1.
 */
export function thresholdOf({ distinct }: LabelledScores, { group }: Cut): number {
  if (group < 0) return nextUp(distinct[0]);
  const score = distinct[group];
  const next = distinct[group + 1];
  if (next === undefined) return score;
  const middle = (score + next) / 2;
  return middle === next ? score : middle;
}

/** The smallest double greater than a finite x. */
function nextUp(x: number): number {
  if (x === 0) return Number.MIN_VALUE;
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, x);
  view.setBigInt64(0, view.getBigInt64(0) + (x > 0 ? 1n : -1n));
  return view.getFloat64(0);
}
