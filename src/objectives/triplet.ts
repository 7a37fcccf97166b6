import { UserError } from "../errors/user-error.js";
import type { GraphBuilder } from "../graph/builder.js";
import type { Value } from "../graph/ir.js";
import * as ops from "../graph/ops/index.js";
import type { OptionsOf } from "../options/option.js";
import { ownNegativesRemoved } from "./candidates.js";
import { type ClassedInputs, classedTexts, classRelations } from "./classes.js";
import { distance, margin, normalize } from "./common-options.js";
import { defineObjective } from "./definition.js";
import { meanOver } from "./masking.js";
import { batchAll, batchHard, batchSemiHard, tripletTerm } from "./mining.js";
import { classedForms, pairForm } from "./pair-forms.js";
import { distanceMatrix, rowDistance, unitIf } from "./vectors.js";

/** Triplets (anchors, positives, negatives [B,K,D], mask), or texts to mine triplets from. */
interface TripletInputs extends ClassedInputs {
  readonly mask?: Value;
}

const tripletOptions = {
  distance: distance("squared-euclidean"),
  normalize: normalize(true),
  margin: margin(0.2),
  mining: {
    type: "choice",
    default: "explicit",
    choices: ["explicit", "batch-all", "batch-hard", "batch-semi-hard"],
    description: "which triplets: the rows' own, or mined from the classes of the batch",
  },
} as const;

type TripletOptions = OptionsOf<typeof tripletOptions>;

const miners = { "batch-all": batchAll, "batch-hard": batchHard, "batch-semi-hard": batchSemiHard };

/**
 * Mean over triplets of max(0, D(a,p) − D(a,n) + m) (Schroff, Kalenichenko & Philbin 2015, section 3.1): all B·K
 * explicit ones, or those that `mining` selects from the batch's classes; the selection carries no gradient.
 * Explicit negatives that the mask [B,N] removes at their own anchor make no triplet; mining takes no mask.
 */
function tripletLoss(b: GraphBuilder, inputs: TripletInputs, options: TripletOptions): Value {
  if (options.mining === "explicit") return explicitTriplets(b, inputs, options);
  if (inputs.mask !== undefined)
    throw new UserError("unknown-input", `triplet with --mining ${options.mining} takes no mask`);
  const { vectors, labels } = classedTexts(b, inputs);
  const distances = distanceMatrix(b, options.distance, unitIf(b, options.normalize, vectors));
  const relations = classRelations(b, labels);
  return miners[options.mining](b, { distances, relations }, options.margin);
}

function explicitTriplets(b: GraphBuilder, inputs: TripletInputs, options: TripletOptions): Value {
  const { anchors, positives, negatives, mask } = inputs;
  if (anchors === undefined || positives === undefined || negatives === undefined)
    throw new UserError(
      "incomplete-inputs",
      "triplet with --mining explicit needs the inputs anchors, positives and negatives",
      { hint: "choose --mining batch-hard for classes or pairs without negatives" },
    );
  const [a, p, n] = [anchors, positives, negatives].map((x) => unitIf(b, options.normalize, x)) as [
    Value,
    Value,
    Value,
  ];
  const dp = ops.unsqueeze(b, rowDistance(b, options.distance, a, p), [1]);
  const dn = rowDistance(b, options.distance, ops.unsqueeze(b, a, [1]), n);
  const term = tripletTerm(b, dp, dn, options.margin);
  if (mask === undefined) return ops.reduceMean(b, term);
  return meanOver(b, term, ops.not(b, ownNegativesRemoved(b, mask, negatives)));
}

export const triplet = defineObjective({
  name: "triplet",
  title: "Triplet",
  summary: "keeps the positive nearer to the anchor than the negative, by a margin",
  rows: ["triplet", "pair", "classed"],
  rowsFor: ({ mining }) => (mining === "explicit" ? ["triplet", "pair"] : ["classed"]),
  forms: [pairForm, ...classedForms],
  options: tripletOptions,
  inBatch: false,
  modifiers: [],
  trained: [],
  text: {
    formula:
      "mean over triplets of max(0, D(a,p) − D(a,n) + m)\nexplicit: all B·K triplets of the rows\nbatch-all: the mined triplets whose term is above 0\nbatch-hard: each anchor's farthest positive and nearest negative\nbatch-semi-hard: for each (a,p) the nearest negative farther than p, else the farthest",
    papers: [
      {
        authors: "Schroff, Kalenichenko, Philbin",
        year: 2015,
        title: "FaceNet: A Unified Embedding for Face Recognition and Clustering",
        place: "sections 3.1 and 3.2",
      },
      {
        authors: "Hermans, Beyer, Leibe",
        year: 2017,
        title: "In Defense of the Triplet Loss for Person Re-Identification",
        place: "equations 5 (batch-hard) and 6 (batch-all)",
      },
    ],
    picture: "a ──►◄── p\na ◄──────┤ m ├──► n     until D(a,n) ≥ D(a,p) + m",
    when: "Triplets are given, or classes with several texts each (mining). Start with batch-semi-hard or batch-all: batch-hard can collapse early in training.",
    relations:
      "infonce with one negative is its smooth form: softplus in place of the hinge, temperature in place of the margin. contrastive fixes absolute distances. margin-mse asks for a given difference.",
    evidence: "Faces: 99.63 % on LFW (FaceNet, abstract). No figure on sentences in these papers.",
  },
  build: tripletLoss,
});
