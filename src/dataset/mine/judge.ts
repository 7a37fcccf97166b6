import type { EncoderInfo } from "../../encoder/encoder.js";
import type { Matrix } from "../../math/tensor.js";
import type { PairIndex } from "../batches/pair-index.js";
import type { Candidates } from "./candidates.js";
import type { Nearest } from "./nearest.js";
import type { SelectionRules } from "./select-negatives.js";
import { rowProduct, unitVectors, type VectorOptions } from "./unit-vectors.js";

/** Scores by a second model. */
export interface Judged {
  readonly info: EncoderInfo;
  /** Of each row's anchor and positive [n]. */
  readonly positives: Float32Array;
  /** Of an anchor (by its text id) and a candidate in its range. */
  readonly scoreOf: (anchor: number, candidate: number) => number;
}

export interface JudgeOptions {
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
  const ids = new Set([...index.anchors, ...index.positives]);
  const needed = new Set<number>();
  for (const anchor of new Set(index.anchors)) {
    for (const { candidate } of nearest.of(anchor)) needed.add(candidate);
  }
  const found = await unitVectors(
    [
      { texts: Array.from(ids, (id) => index.texts[id] as string) },
      { texts: Array.from(needed, (candidate) => candidates.texts[candidate] as string) },
    ],
    vectors,
  );
  const [own, others] = found.vectors as [Matrix, Matrix];
  const ownAt = placesOf(ids);
  const otherAt = placesOf(needed);
  const ownPlace = (id: number): number => ownAt.get(id) as number;
  return {
    info: found.info,
    positives: Float32Array.from(index.anchors, (anchor, row) =>
      rowProduct(own, ownPlace(anchor), own, ownPlace(index.positives[row] as number)),
    ),
    scoreOf: (anchor, candidate) =>
      rowProduct(own, ownPlace(anchor), others, otherAt.get(candidate) as number),
  };
}

function placesOf(items: ReadonlySet<number>): Map<number, number> {
  return new Map(Array.from(items, (item, place) => [item, place]));
}
