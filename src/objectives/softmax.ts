import type { GraphBuilder } from "../graph/builder.js";
import type { Value } from "../graph/ir.js";
import * as ops from "../graph/ops/index.js";
import { int64 } from "../math/tensor.js";
import { defineObjective, type PrefixCut } from "./definition.js";
import { keepOnly } from "./masking.js";
import { firstDimensions } from "./matryoshka.js";
import type { Inputs } from "./roles.js";

/** u_i, v_i [B,D], class y_i ∈ {0, 1, 2} [B] and the trained W [3,3D]. */
interface SoftmaxInputs {
  readonly sentence1: Value;
  readonly sentence2: Value;
  readonly labels: Value;
  readonly weight: Value;
}

/** mean_i of the cross-entropy of W·[u; v; |u − v|] over 3 classes (Reimers & Gurevych 2019, section 3). */
function softmaxLoss(b: GraphBuilder, inputs: SoftmaxInputs): Value {
  const { sentence1: u, sentence2: v, labels, weight } = inputs;
  const features = ops.concat(b, [u, v, ops.abs(b, ops.sub(b, u, v))], 1);
  const logits = ops.dotMatrix(b, features, weight);
  const classes = b.constant(int64([1, 3], [0, 1, 2]));
  const right = ops.equal(b, ops.unsqueeze(b, labels, [1]), classes);
  const own = ops.reduceSum(b, keepOnly(b, logits, right), { axes: [1] });
  return ops.reduceMean(b, ops.sub(b, ops.logSumExp(b, logits, 1), own));
}

/** W's columns for the first dimensions of u, of v and of |u − v|: [3,3D] → [3,3d]. */
function cutWeight(b: GraphBuilder, inputs: Inputs, { dimension, size }: PrefixCut): Inputs {
  if (inputs.weight === undefined) return inputs;
  const blocks = ops.reshape(b, inputs.weight, [3, 3, size]);
  const weight = ops.reshape(b, firstDimensions(b, blocks, dimension), [3, 3 * dimension]);
  return { ...inputs, weight };
}

export const softmax = defineObjective({
  name: "softmax",
  title: "Softmax classification",
  summary: "classifies entailment, neutral and contradiction from both vectors",
  rows: ["nli"],
  forms: [{ required: ["sentence1", "sentence2", "labels", "weight"], optional: [] }],
  options: {},
  inBatch: false,
  modifiers: [],
  trained: [{ role: "weight", shape: (dimension) => [3, 3 * dimension], initial: 0 }],
  text: {
    formula:
      "cross-entropy of W·[u; v; |u−v|] over 3 classes, no bias; W is trained and dropped at export",
    papers: [
      {
        authors: "Reimers, Gurevych",
        year: 2019,
        title: "Sentence-BERT: Sentence Embeddings using Siamese BERT-Networks",
        place: "section 3, classification objective",
      },
    ],
    picture:
      "u ─┐\nv ─┼─► W ─► entailment | neutral | contradiction     (no pull or push of its own)\n|u−v| ─┘",
    when: "To reproduce SBERT's NLI training. For similarity search infonce on entailments with contradictions as negatives is the better use of the same rows.",
    relations:
      "The only objective without a similarity: that the cosine comes out useful is a by-product of |u − v|.",
    evidence:
      "The original Sentence-BERT was trained with it on NLI. SimCSE reaches 86.2 on STS-B dev with infonce on entailments and contradictions as hard negatives (table 6 there).",
  },
  chance: () => Math.log(3),
  build: softmaxLoss,
  prefix: cutWeight,
});
