import type { PairIndex } from "../dataset/batches/pair-index.js";
import type { EncoderInfo } from "../encoder/encoder.js";
import type { Matrix } from "../math/tensor.js";
import type { Candidates } from "./candidates.js";
import type { Nearest } from "./nearest.js";
import type { SelectionRules } from "./select-negatives.js";
import { rowProduct, unitVectors, type VectorOptions } from "./unit-vectors.js";

/** Scores by a second model. */
interface Judged {
  readonly info: EncoderInfo;
  /** Of each row's anchor and positive [n]. */
  readonly positives: Float32Array;
  /** Of an anchor (by its text id) and a candidate in its range. */
  readonly scoreOf: (anchor: number, candidate: number) => number;
}

interface JudgeOptions {
  readonly index: PairIndex;
  readonly candidates: Candidates;
  readonly nearest: Nearest;
  readonly rules: SelectionRules;
  /** The judge and how to encode with it. */
  readonly vectors: VectorOptions;
}

/** Encodes with the judge what its scores are needed for: anchors, positives and the candidates in range of some anchor. */
export async function judgeScores({
  index,
  candidates,
  nearest,
  vectors,
}: JudgeOptions): Promise<Judged> {
  const anchors = new Set(index.anchors);
  const positives = new Set(index.positives);
  const needed = new Set<number>();
  for (const anchor of anchors) {
    for (const { candidate } of nearest.of(anchor)) needed.add(candidate);
  }
  const found = await unitVectors(
    [
      { texts: Array.from(anchors, (id) => index.texts[id]), use: "query" },
      { texts: Array.from(positives, (id) => index.texts[id]), use: "document" },
      {
        texts: Array.from(needed, (candidate) => candidates.texts[candidate]),
        use: "document",
      },
    ],
    vectors,
  );
  const [asked, right, others] = found.vectors as [Matrix, Matrix, Matrix];
  const [anchorAt, positiveAt, otherAt] = [anchors, positives, needed].map(placesOf) as [
    Places,
    Places,
    Places,
  ];
  const anchorPlace = (id: number): number => anchorAt.get(id) as number;
  return {
    info: found.info,
    positives: Float32Array.from(index.anchors, (anchor, row) =>
      rowProduct(asked, anchorPlace(anchor), right, positiveAt.get(index.positives[row]) as number),
    ),
    scoreOf: (anchor, candidate) =>
      rowProduct(asked, anchorPlace(anchor), others, otherAt.get(candidate) as number),
  };
}

type Places = ReadonlyMap<number, number>;

function placesOf(items: ReadonlySet<number>): Places {
  return new Map(Array.from(items, (item, place) => [item, place]));
}
