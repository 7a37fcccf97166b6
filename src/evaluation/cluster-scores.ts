/** Rows of each class in each cluster. */
interface Contingency {
  readonly classes: number;
  readonly clusters: number;
  /** [classes, clusters], row-major. */
  readonly counts: Float64Array;
}

/** How many rows of each class each cluster has; row i counts `weights[i]` times. */
export function contingency(
  classOf: Int32Array,
  clusterOf: Int32Array,
  weights: ArrayLike<number>,
): Contingency {
  const classes = 1 + classOf.reduce((most, c) => Math.max(most, c), -1);
  const clusters = 1 + clusterOf.reduce((most, c) => Math.max(most, c), -1);
  const counts = new Float64Array(classes * clusters);
  for (let i = 0; i < classOf.length; i++)
    counts[classOf[i] * clusters + clusterOf[i]] += weights[i];
  return { classes, clusters, counts };
}

/**
 * V-measure (Rosenberg & Hirschberg 2007): the harmonic mean of homogeneity h = 1 − H(class | cluster)/H(class) and completeness
 * c = 1 − H(cluster | class)/H(cluster), each 1 where its entropy is 0. As scikit-learn's `v_measure_score`.
 */
export function vMeasure(table: Contingency): number {
  const { byClass, byCluster, total } = margins(table);
  const ofClass = entropy(byClass, total);
  const ofCluster = entropy(byCluster, total);
  const mutual = ofClass + ofCluster - entropy(table.counts, total);
  const homogeneity = ofClass === 0 ? 1 : mutual / ofClass;
  const completeness = ofCluster === 0 ? 1 : mutual / ofCluster;
  const sum = homogeneity + completeness;
  return sum <= 0 ? 0 : (2 * homogeneity * completeness) / sum;
}

/**
 * Adjusted Rand index (Hubert & Arabie 1985): agreement on pairs of rows, 0 for chance and 1 for the same partition. As scikit-learn's
 * `adjusted_rand_score`.
 */
export function adjustedRand(table: Contingency): number {
  const { byClass, byCluster, total } = margins(table);
  const both = pairs(table.counts);
  const [classes, clusters] = [pairs(byClass), pairs(byCluster)];
  const expected = (classes * clusters) / pairs([total]);
  const most = (classes + clusters) / 2;
  return most === expected ? 1 : (both - expected) / (most - expected);
}

function margins({ classes, clusters, counts }: Contingency) {
  const byClass = new Float64Array(classes);
  const byCluster = new Float64Array(clusters);
  let total = 0;
  for (let i = 0; i < counts.length; i++) {
    byClass[Math.floor(i / clusters)] += counts[i];
    byCluster[i % clusters] += counts[i];
    total += counts[i];
  }
  return { byClass, byCluster, total };
}

function entropy(counts: ArrayLike<number>, total: number): number {
  let sum = 0;
  for (let i = 0; i < counts.length; i++)
    if (counts[i] > 0) sum -= (counts[i] / total) * Math.log(counts[i] / total);
  return sum;
}

function pairs(counts: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < counts.length; i++) sum += (counts[i] * (counts[i] - 1)) / 2;
  return sum;
}
