import type { Value } from "../graph/ir.js";
import type { GuidedDirections } from "./guided-directions.js";

/** Element type of an input: `float` is the graph's own (float32 or float64). */
type RoleType = "float" | "int64" | "bool";

/** What the input carries. Gradients flow only into `vectors` and `trained`. */
type RoleKind = "vectors" | "constant" | "trained";

interface RoleSpec {
  readonly type: RoleType;
  readonly kind: RoleKind;
  /** Sizes with the letters of the objectives' page; K and D are known when the graph is built. */
  readonly shape: readonly string[];
  readonly description: string;
}

const vectors = (shape: readonly string[], description: string): RoleSpec => ({
  type: "float",
  kind: "vectors",
  shape,
  description,
});
const constant = (type: RoleType, shape: readonly string[], description: string): RoleSpec => ({
  type,
  kind: "constant",
  shape,
  description,
});
const trained = (shape: readonly string[], description: string): RoleSpec => ({
  type: "float",
  kind: "trained",
  shape,
  description,
});

/**
 * The inputs of the objectives by role. Candidates are numbered positives 0..B−1, then explicit negatives row by
 * row (n_ik is B + i·K + k), then the queue.
 */
export const objectiveInputs = {
  anchors: vectors(["B", "D"], "a_i"),
  positives: vectors(["B", "D"], "p_i"),
  negatives: vectors(["B", "K", "D"], "n_ik; a missing one is any vector, removed by mask"),
  sentence1: vectors(["B", "D"], "u_i"),
  sentence2: vectors(["B", "D"], "v_i"),
  embeddings: vectors(["B", "D"], "x_i"),
  labels: constant("int64", ["B"], "class of a text or label of a pair"),
  scores: constant("float", ["B"], "score of a pair"),
  teacher: constant("float", ["B", "D or K"], "teacher vectors, or margins of margin-mse"),
  mask: constant("bool", ["B", "N"], "1: candidate j is removed for anchor i"),
  sampled: constant("int64", ["B", "k"], "drawn candidates of each anchor; -1 is an empty place"),
  noise: constant("float", ["N"], "log q of each candidate"),
  queue: constant("float", ["Q", "D"], "candidates of earlier batches"),
  guideAnchors: constant("float", ["B", "G"], "the guide's vectors of the anchors"),
  guidePositives: constant("float", ["B", "G"], "the guide's vectors of the positives"),
  guideNegatives: constant("float", ["B", "K", "G"], "the guide's vectors of the negatives"),
  guideQueue: constant("float", ["Q", "G"], "the guide's vectors of the queue"),
  logNormalizer: trained([], "z of nce"),
  logScale: trained([], "t' of sigmoid"),
  bias: trained([], "b of sigmoid"),
  weight: trained(["3", "3D"], "W of softmax"),
} as const satisfies Record<string, RoleSpec>;

export type ObjectiveInput = keyof typeof objectiveInputs;

/** Graph values by role; what is absent is not used. `guided` is made of the guide's vectors when the loss is built. */
export type Inputs = { readonly [R in ObjectiveInput]?: Value | undefined } & {
  readonly guided?: GuidedDirections | undefined;
};

/** Whether a name is a role. */
export function isObjectiveInput(name: string): name is ObjectiveInput {
  return Object.hasOwn(objectiveInputs, name);
}
