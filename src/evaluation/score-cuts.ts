/** Scores with their labels, sorted once so that every resample is two passes. */
interface LabelledScores {
  /** 2·group + label of each row, label 1 or 0; groups of equal scores are numbered by falling score. */
  readonly codes: Uint32Array;
  /** The distinct scores, falling; one a group. */
  readonly distinct: Float64Array;
  /** Room for the rows of each code. */
  readonly tally: Uint32Array;
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
  const codes = new Uint32Array(n);
  const distinct: number[] = [];
  for (const row of order) {
    if (distinct.length === 0 || scores[row] !== distinct[distinct.length - 1])
      distinct.push(scores[row]);
    codes[row] = 2 * (distinct.length - 1) + labels[row];
  }
  return {
    codes,
    distinct: Float64Array.from(distinct),
    tally: new Uint32Array(2 * distinct.length),
  };
}

/**
 * Average precision Σ_g (R_g − R_{g−1})·P_g over the cuts by falling score, without interpolation, as scikit-learn's
 * `average_precision_score`, and the cuts of highest accuracy and F1 as sentence-transformers' BinaryClassificationEvaluator
 * finds them; `counts[i]` says how often row i was drawn. `wanted`: rows of label 1 that there are to find, where not all have a score.
 */
export function cutScores(rows: LabelledScores, counts: Uint32Array, wanted?: number): CutScores {
  const { tally } = rows;
  countCodes(counts, rows.codes, tally);
  return walkCuts(tally, wanted ?? positivesOf(tally));
}

/** How many rows of each code, 2·group + label, were drawn. */
function countCodes(counts: Uint32Array, codes: Uint32Array, tally: Uint32Array): void {
  tally.fill(0);
  for (let i = 0; i < counts.length; i++) tally[codes[i]] += counts[i];
}

/** Rows of label 1 in a tally. */
export function positivesOf(tally: Uint32Array): number {
  let sum = 0;
  for (let at = 1; at < tally.length; at += 2) sum += tally[at];
  return sum;
}

/** Average precision of a tally where `positives` rows of label 1 are to be found. */
export function averagePrecision(tally: Uint32Array, positives: number): number {
  // Groups may be empty, and 0/0 must be 0: a branch would be guessed wrongly at every other row.
  let [tp, all, sum] = [0, Number.MIN_VALUE, 0];
  for (let at = 0; at < tally.length; at += 2) {
    const right = tally[at + 1];
    tp += right;
    all += tally[at] + right;
    sum += (right * tp) / all;
  }
  return sum / positives;
}

/**
 * The cuts of groups of equal scores by falling score, where `positives` rows of label 1 are to be found: tally[2g] and tally[2g + 1] are
 * the rows of label 0 and 1 in group g.
 */
export function walkCuts(tally: Uint32Array, positives: number): CutScores {
  let [tp, fp] = [0, 0];
  let [accurate, accurateTp, accurateFp] = [-1, 0, 0];
  let [best, bestTp, bestFp] = [-1, 0, 0];
  for (let at = 0; at < tally.length; at += 2) {
    const right = tally[at + 1];
    fp += tally[at];
    if (right === 0) continue;
    tp += right;
    // Accuracy and F1 can only rise where a row of label 1 was added.
    if (tp - fp > accurateTp - accurateFp) {
      accurate = at / 2;
      accurateTp = tp;
      accurateFp = fp;
    }
    if (!isHigherF1(tp, fp, { bestTp, bestFp, positives })) continue;
    best = at / 2;
    bestTp = tp;
    bestFp = fp;
  }
  return {
    positives,
    negatives: fp,
    averagePrecision: averagePrecision(tally, positives),
    mostAccurate: { group: accurate, truePositives: accurateTp, falsePositives: accurateFp },
    bestF1: { group: best, truePositives: bestTp, falsePositives: bestFp },
  };
}

/** F1 is 2tp/(tp + fp + positives): where two are equal but for rounding, the order of operations decides as in sentence-transformers. */
function isHigherF1(
  tp: number,
  fp: number,
  {
    bestTp,
    bestFp,
    positives,
  }: { readonly bestTp: number; readonly bestFp: number; readonly positives: number },
): boolean {
  const own = tp * (bestTp + bestFp + positives);
  const best = bestTp * (tp + fp + positives);
  if (Math.abs(own - best) > 1e-9 * best) return own > best;
  return f1At(tp, fp, positives) > f1At(bestTp, bestFp, positives);
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
export function f1Of({ truePositives, falsePositives }: Cut, positives: number): number {
  return f1At(truePositives, falsePositives, positives);
}

function f1At(tp: number, fp: number, positives: number): number {
  const precision = tp === 0 ? 0 : tp / (tp + fp);
  const recall = tp / positives;
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
