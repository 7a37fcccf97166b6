import { batchNoise, drawNoise, logNoise, noiseWeights } from "../dataset/batches/noise.js";
import { type PairBatch, pairBatcher } from "../dataset/batches/pair-batch.js";
import { indexPairs, type PairIndex } from "../dataset/batches/pair-index.js";
import type { PlannedBatch } from "../dataset/batches/sampler.js";
import type { Dataset, PairRow } from "../dataset/rows/row-types.js";
import { createRandom } from "../math/random.js";
import { float32, int64, type Tensor } from "../math/tensor.js";
import type { OptionValues } from "../objectives/option.js";
import type { Role } from "../objectives/roles.js";

/** A batch before anything is embedded: texts by number, and what the objective is given beside them. */
export interface TextBatch {
  /** Text numbers of each vector role, row by row; a row of negatives has K of them. */
  readonly texts: { readonly [R in Role]?: Int32Array };
  readonly constants: { readonly [R in Role]?: Tensor };
}

/** Turns row numbers of a data set into batches. */
export interface BatchMaker {
  /** The distinct texts; a text's number is its place here. */
  readonly texts: readonly string[];
  /** Roles that every batch has. */
  readonly roles: readonly Role[];
  /** K: explicit negatives of a row, fewer are filled up and masked; 0 without any. */
  readonly negatives: number;
  readonly make: (batch: PlannedBatch) => TextBatch;
}

export interface BatchMakerOptions {
  /** Roles that the objective can be given. */
  readonly accepted: readonly Role[];
  /** The objective's resolved options: how many negatives `neg` draws, and from what. */
  readonly objective: OptionValues;
  readonly seed: number;
  /** false: only missing negatives are masked (`--no-shuffle`). */
  readonly falseNegatives: boolean;
}

/** The batch maker for rows of any kind. */
export function batchMaker(dataset: Dataset, options: BatchMakerOptions): BatchMaker {
  switch (dataset.kind) {
    case "pair":
      return pairBatches(dataset.rows, options);
    case "labelled-pair":
      return twoTextBatches(dataset.rows.map(sentences), {
        labels: (rows) => int64Of(rows, (row) => dataset.rows[row]!.label),
      });
    case "scored-pair":
      return twoTextBatches(dataset.rows.map(sentences), {
        scores: (rows) =>
          float32(
            [rows.length],
            [...rows].map((row) => dataset.rows[row]!.score),
          ),
      });
    case "nli":
      return twoTextBatches(
        dataset.rows.map(({ premise, hypothesis }) => [premise, hypothesis] as const),
        { labels: (rows) => int64Of(rows, (row) => nliClass[dataset.rows[row]!.label]) },
      );
    case "classed":
      return classedBatches(dataset.rows);
    case "text":
      return singleTextBatches(dataset.rows.map(({ text }) => text));
  }
}

/** Class numbers of the softmax objective. */
const nliClass = { entailment: 0, neutral: 1, contradiction: 2 } as const;

const sentences = (row: { readonly sentence1: string; readonly sentence2: string }) =>
  [row.sentence1, row.sentence2] as const;

function pairBatches(rows: readonly PairRow[], options: BatchMakerOptions): BatchMaker {
  const index = indexPairs(rows);
  const takes = (role: Role): boolean => options.accepted.includes(role);
  const K = takes("negatives") ? index.maxNegatives : 0;
  const { falseNegatives } = options;
  const batchOf = pairBatcher(index, { negativesPerRow: K, falseNegatives });
  const constants = pairConstants(index, options);
  const vectors: Role[] = ["anchors", "positives"];
  if (K > 0) vectors.push("negatives");
  return {
    texts: index.texts,
    roles: [...vectors, ...(Object.keys(constants) as Role[])],
    negatives: K,
    make: (planned) => {
      const batch = batchOf(planned.rows);
      const B = batch.anchors.length;
      const texts = { anchors: batch.anchors, positives: batch.candidates.subarray(0, B) };
      return {
        texts: K > 0 ? { ...texts, negatives: batch.candidates.subarray(B) } : texts,
        constants: evaluated(constants, (make) => make(batch, planned)),
      };
    },
  };
}

type PairConstant = (batch: PairBatch, planned: PlannedBatch) => Tensor;

/** Mask, noise probabilities and drawn negatives, where the objective takes them. */
function pairConstants(
  index: PairIndex,
  { accepted, objective, seed }: BatchMakerOptions,
): { readonly [R in Role]?: PairConstant } {
  const logQ = logNoise(index);
  const weights = noiseWeights(index, Number(objective.noisePower ?? 0.75));
  const all: { readonly [R in Role]?: PairConstant } = {
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
  };
  return Object.fromEntries(
    Object.entries(all).filter(([role]) => accepted.includes(role as Role)),
  );
}

type Constants = { readonly [R in Role]?: (rows: Int32Array) => Tensor };

function twoTextBatches(
  pairs: readonly (readonly [string, string])[],
  constants: Constants,
): BatchMaker {
  const { texts, numbers } = numberTexts(pairs.flat());
  const column = (rows: Int32Array, offset: number): Int32Array =>
    rows.map((row) => numbers[2 * row + offset]!);
  return {
    texts,
    roles: ["sentence1", "sentence2", ...(Object.keys(constants) as Role[])],
    negatives: 0,
    make: ({ rows }) => ({
      texts: { sentence1: column(rows, 0), sentence2: column(rows, 1) },
      constants: evaluated(constants, (make) => make(rows)),
    }),
  };
}

function classedBatches(rows: readonly { text: string; label: string }[]): BatchMaker {
  const { numbers: classes } = numberTexts(rows.map(({ label }) => label));
  const texts = singleTextBatches(rows.map(({ text }) => text));
  return {
    ...texts,
    roles: [...texts.roles, "labels"],
    make: (planned) => ({
      ...texts.make(planned),
      constants: { labels: int64Of(planned.rows, (row) => classes[row]!) },
    }),
  };
}

function singleTextBatches(rows: readonly string[]): BatchMaker {
  const { texts, numbers } = numberTexts(rows);
  return {
    texts,
    roles: ["embeddings"],
    negatives: 0,
    make: ({ rows: chosen }) => ({
      texts: { embeddings: chosen.map((row) => numbers[row]!) },
      constants: {},
    }),
  };
}

function evaluated<Make>(
  constants: { readonly [R in Role]?: Make },
  run: (make: Make) => Tensor,
): { readonly [R in Role]?: Tensor } {
  return Object.fromEntries(
    Object.entries(constants).map(([role, make]) => [role, run(make as Make)]),
  );
}

function int64Of(rows: Int32Array, number: (row: number) => number): Tensor {
  return int64([rows.length], Array.from(rows, number));
}

/** Distinct words in order of first appearance, and each word's number. */
function numberTexts(words: readonly string[]): { texts: string[]; numbers: Int32Array } {
  const known = new Map<string, number>();
  const numbers = Int32Array.from(words, (word) => {
    const number = known.get(word) ?? known.size;
    known.set(word, number);
    return number;
  });
  return { texts: [...known.keys()], numbers };
}
