import type { GraphBuilder } from "../graph/builder.js";
import type { Value } from "../graph/ir.js";
import * as ops from "../graph/ops/index.js";
import { candidateVectors } from "./candidates.js";

/** Texts with labels, or pair rows: row i's anchor and positive are two texts of class i. */
export interface ClassedInputs {
  readonly embeddings?: Value;
  readonly labels?: Value;
  readonly anchors?: Value;
  readonly positives?: Value;
  readonly negatives?: Value;
}

/** Vectors [B,D] with their classes [B] (int64). */
interface ClassedTexts {
  readonly vectors: Value;
  readonly labels: Value;
}

/** Which two different texts are of one class (`positive`) or of two (`negative`), which are not the same text (`other`). */
export interface ClassRelations {
  readonly positive: Value;
  readonly negative: Value;
  readonly other: Value;
}

/**
 * The texts and classes of classed inputs. Pair rows are read as texts: anchors, positives, then explicit negatives;
 * anchor and positive i are of class i, a negative is of a fresh class.
 */
export function classedTexts(b: GraphBuilder, inputs: ClassedInputs): ClassedTexts {
  const { embeddings, labels, anchors, positives, negatives } = inputs;
  if (embeddings !== undefined && labels !== undefined) return { vectors: embeddings, labels };
  const pairs = {
    anchors: anchors as Value,
    positives: positives as Value,
    negatives,
  };
  const candidates = candidateVectors(b, pairs);
  const ofAnchors = ops.range(b, ops.dimOf(b, pairs.anchors, 0));
  const ofCandidates = ops.range(b, ops.dimOf(b, candidates, 0));
  return {
    vectors: ops.concat(b, [pairs.anchors, candidates], 0),
    labels: ops.concat(b, [ofAnchors, ofCandidates], 0),
  };
}

/** Relations of every two texts: bool [B,B]. */
export function classRelations(b: GraphBuilder, labels: Value): ClassRelations {
  const same = everyTwo(b, labels, ops.equal);
  const places = ops.range(b, ops.dimOf(b, labels, 0));
  const other = ops.not(b, everyTwo(b, places, ops.equal));
  return { positive: ops.and(b, same, other), negative: ops.not(b, same), other };
}

/** f(x_i, x_j) for every i and j: [B] → [B,B]. */
export function everyTwo(
  b: GraphBuilder,
  x: Value,
  f: (b: GraphBuilder, x: Value, y: Value) => Value,
): Value {
  return f(b, ops.unsqueeze(b, x, [1]), ops.unsqueeze(b, x, [0]));
}
