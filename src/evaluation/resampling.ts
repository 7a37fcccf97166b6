/** A statistic of a resample: `counts[i]` says how often row i was drawn. */
export type Resampled = (counts: Uint32Array) => number;

/** Computes anew only when the counts differ from the last ones: for metrics that share a pass over the resample. */
export function rememberLast<T>(statistic: (counts: Uint32Array) => T): (counts: Uint32Array) => T {
  let last: { readonly counts: Uint32Array; readonly result: T } | undefined;
  return (counts) => {
    if (last === undefined || Buffer.compare(bytesOf(last.counts), bytesOf(counts)) !== 0) {
      last = { counts: counts.slice(), result: statistic(counts) };
    }
    return last.result;
  };
}

function bytesOf({ buffer, byteOffset, byteLength }: Uint32Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}

/** The mean of per-row values under the counts of a resample. */
export function resampledMean(values: ArrayLike<number>): Resampled {
  return (counts) => {
    let sum = 0;
    let total = 0;
    for (let i = 0; i < counts.length; i++) {
      sum += counts[i] * values[i];
      total += counts[i];
    }
    return sum / total;
  };
}

/** Σ numerators / Σ denominators under the counts of a resample: a mean over rows that hold several cases each. */
export function resampledRatio(
  numerators: ArrayLike<number>,
  denominators: ArrayLike<number>,
): Resampled {
  return (counts) => {
    let above = 0;
    let below = 0;
    for (let i = 0; i < counts.length; i++) {
      above += counts[i] * numerators[i];
      below += counts[i] * denominators[i];
    }
    return above / below;
  };
}

/** Pearson's correlation of (x, y) under the counts of a resample. */
export function resampledPearson(x: ArrayLike<number>, y: ArrayLike<number>): Resampled {
  return (counts) => weightedPearson(x, y, counts);
}

/**
 * Spearman's correlation under the counts of a resample. The rows are sorted once; the average ranks of a
 * resample then follow from cumulated counts in O(n), without sorting again.
 */
export function resampledSpearman(x: ArrayLike<number>, y: ArrayLike<number>): Resampled {
  const rankX = rankUnderCounts(x);
  const rankY = rankUnderCounts(y);
  return (counts) => weightedPearson(rankX(counts), rankY(counts), counts);
}

/** Average ranks of the drawn rows; the returned array is reused by the next call. */
function rankUnderCounts(values: ArrayLike<number>): (counts: Uint32Array) => Float64Array {
  const n = values.length;
  const order = Uint32Array.from({ length: n }, (_, i) => i).sort((i, j) => values[i] - values[j]);
  const ends: number[] = [];
  for (let k = 1; k <= n; k++) {
    if (k === n || values[order[k]] !== values[order[k - 1]]) ends.push(k);
  }
  const ranks = new Float64Array(n);
  return (counts) => {
    let before = 0;
    let start = 0;
    for (const end of ends) {
      let here = 0;
      for (let k = start; k < end; k++) here += counts[order[k]];
      const rank = before + (here + 1) / 2;
      for (let k = start; k < end; k++) ranks[order[k]] = rank;
      before += here;
      start = end;
    }
    return ranks;
  };
}

function weightedPearson(x: ArrayLike<number>, y: ArrayLike<number>, counts: Uint32Array): number {
  let total = 0;
  let sumX = 0;
  let sumY = 0;
  for (let i = 0; i < counts.length; i++) {
    const w = counts[i];
    total += w;
    sumX += w * x[i];
    sumY += w * y[i];
  }
  const meanX = sumX / total;
  const meanY = sumY / total;
  let xy = 0;
  let xx = 0;
  let yy = 0;
  for (let i = 0; i < counts.length; i++) {
    const w = counts[i];
    const dx = x[i] - meanX;
    const dy = y[i] - meanY;
    xy += w * dx * dy;
    xx += w * dx * dx;
    yy += w * dy * dy;
  }
  return xx === 0 || yy === 0 ? Number.NaN : xy / Math.sqrt(xx * yy);
}
