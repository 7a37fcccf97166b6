import { neighborsOf } from "../../evaluation/analysis/neighbors.js";
import type { Points } from "../../evaluation/analysis/plane.js";
import { createRandom } from "../../math/random.js";
import { mean } from "../../math/statistics.js";
import type { Matrix } from "../../math/tensor.js";

/** Neighbours that a text is held to, itself among them: UMAP's usual number. */
const NEIGHBORS = 15;
/** Passes over the edges. From this start twice as many keep hardly more neighbours (0.39 of ten instead of 0.37 on 2,000 texts) and take twice the time. */
const EPOCHS = 150;
/** Half the width of the start, as the reference implementation has it. */
const EXTENT = 10;

/**
 * Places of unit vectors [n, d] in the plane by UMAP (McInnes et al. 2018): by cosine to the exact nearest 15 of at least 3, from the given plane (principal
 * components, so that what lies far apart says something: Kobak and Linderman 2021), with a fixed seed, about their mean. umap-js is loaded here.
 */
export async function umapOf(unit: Matrix, start: Points): Promise<Points> {
  const { UMAP } = await import("umap-js");
  const { indices, distances } = await knn(unit);
  const random = createRandom(42, "umap");
  const umap = new UMAP({
    nNeighbors: indices[0].length,
    nEpochs: EPOCHS,
    random: () => random.uniform(),
  });
  umap.setPrecomputedKNN(indices, distances);
  const places = startOf(start);
  umap.initializeFit(places);
  // The embedding is the list that is moved: it begins at random, here at the given plane.
  umap.getEmbedding().forEach((place, i) => {
    [place[0], place[1]] = places[i];
  });
  for (let epoch = 0; epoch < EPOCHS; epoch++) umap.step();
  const embedding = umap.getEmbedding();
  return { x: centred(embedding.map(([x]) => x)), y: centred(embedding.map(([, y]) => y)) };
}

/** The nearest texts of each text, itself first at distance 0, and 1 − cosine to them. UMAP wants fewer than there are texts. */
async function knn(unit: Matrix): Promise<{ indices: number[][]; distances: number[][] }> {
  const neighbors = await neighborsOf(unit, Math.min(NEIGHBORS - 1, unit.rows - 2));
  const { cols, data } = unit;
  const distance = (i: number, j: number): number => {
    let dot = 0;
    for (let d = 0; d < cols; d++) dot += data[i * cols + d] * data[j * cols + d];
    return Math.max(0, 1 - dot);
  };
  return {
    indices: neighbors.map((list, i) => [i, ...list]),
    distances: neighbors.map((list, i) => [0, ...Array.from(list, (j) => distance(i, j))]),
  };
}

function startOf({ x, y }: Points): number[][] {
  const most = [x, y].reduce(
    (all, values) => values.reduce((a, b) => Math.max(a, Math.abs(b)), all),
    0,
  );
  const scale = EXTENT / (most || 1);
  return Array.from(x, (value, i) => [scale * value, scale * y[i]]);
}

function centred(values: readonly number[]): Float64Array {
  const center = mean(Float64Array.from(values));
  return Float64Array.from(values, (value) => value - center);
}
