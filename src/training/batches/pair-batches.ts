import { batchNoise, drawNoise, logNoise, noiseWeights } from "../../dataset/batches/noise.js";
import { type PairBatch, pairBatcher } from "../../dataset/batches/pair-batch.js";
import { indexPairs, type PairIndex } from "../../dataset/batches/pair-index.js";
import type { PlannedBatch } from "../../dataset/batches/sampler.js";
import type { PairRow } from "../../dataset/rows/row-types.js";
import { createRandom } from "../../math/random.js";
import { float32, int64, type Tensor } from "../../math/tensor.js";
import type { ObjectiveInput } from "../../objectives/roles.js";
import type { BatchMaker, BatchMakerOptions } from "./batch-maker.js";
import { evaluated } from "./text-batches.js";

/** Batches of anchors, positives and explicit negatives, with the constants that the objective takes. */
export function pairBatches(rows: readonly PairRow[], options: BatchMakerOptions): BatchMaker {
  const index = indexPairs(rows);
  const takes = (role: ObjectiveInput): boolean => options.accepted.includes(role);
  const K = takes("negatives") ? index.maxNegatives : 0;
  const { falseNegatives } = options;
  const batchOf = pairBatcher(index, { negativesPerRow: K, falseNegatives });
  const constants = pairConstants(rows, index, options);
  const vectors: ObjectiveInput[] = ["anchors", "positives"];
  if (K > 0) vectors.push("negatives");
  return {
    texts: index.texts,
    views: 1,
    pairs: index,
    components: falseNegatives ? index.textComponents : undefined,
    roles: [...vectors, ...(Object.keys(constants) as ObjectiveInput[])],
    negatives: K,
    make: (planned) => {
      const batch = batchOf(planned.rows);
      const B = batch.anchors.length;
      const texts = { anchors: batch.anchors, positives: batch.candidates.subarray(0, B) };
      return {
        texts: K > 0 ? { ...texts, negatives: batch.candidates.subarray(B) } : texts,
        constants: evaluated(constants, (make) => make(batch, planned)),
        components: planned.rows.map((row) => index.components[row]),
      };
    },
  };
}

type PairConstant = (batch: PairBatch, planned: PlannedBatch) => Tensor;

/** Mask, noise probabilities, drawn negatives and given margins, where the objective takes them. */
function pairConstants(
  rows: readonly PairRow[],
  index: PairIndex,
  { accepted, objective, seed }: BatchMakerOptions,
): { readonly [R in ObjectiveInput]?: PairConstant } {
  const logQ = logNoise(index);
  const weights = noiseWeights(index, Number(objective.noisePower ?? 0.75));
  const hasMargins = rows.some((row) => row.margin !== undefined);
  const all: { readonly [R in ObjectiveInput]?: PairConstant | undefined } = {
    mask: ({ candidates, anchors, mask }) => ({
      dtype: "bool",
      shape: [anchors.length, candidates.length],
      data: mask,
    }),
    noise: (batch) => float32([batch.candidates.length], batchNoise(batch, logQ)),
    sampled: (batch, planned) => {
      const random = createRandom(seed, `noise/${planned.epoch}/${planned.batch}`);
      const drawn = drawNoise(batch, { weights, count: Number(objective.k), random });
      return int64([batch.anchors.length, drawn.length / batch.anchors.length], drawn);
    },
    teacher: hasMargins ? (batch) => givenMargins(batch, rows) : undefined,
  };
  return Object.fromEntries(
    Object.entries(all).filter(
      ([role, make]) => make !== undefined && accepted.includes(role as ObjectiveInput),
    ),
  ) as { readonly [R in ObjectiveInput]?: PairConstant };
}

/** The rows' own margins [B,1]: a row with a margin has one negative. */
function givenMargins(batch: PairBatch, rows: readonly PairRow[]): Tensor {
  return float32(
    [batch.rows.length, 1],
    Array.from(batch.rows, (row) => rows[row].margin!),
  );
}
