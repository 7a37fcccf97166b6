import type { RowKind } from "../dataset/rows/row-kinds.js";
import type { GraphBuilder } from "../graph/builder.js";
import type { Value } from "../graph/ir.js";
import type { Tensor } from "../math/tensor.js";
import type { OptionsOf, OptionTable, OptionValues } from "../options/option.js";
import type { ModifierName } from "./modifiers.js";
import type { Inputs, ObjectiveInput } from "./roles.js";

/** Where a formula comes from. */
export interface Paper {
  readonly authors: string;
  readonly year: number;
  readonly title: string;
  /** The equation or section that is computed. */
  readonly place: string;
}

/** Roles that together feed an objective. Some objectives can be fed in more than one way. */
export interface InputForm {
  readonly required: readonly ObjectiveInput[];
  readonly optional: readonly ObjectiveInput[];
}

/** A parameter that belongs to the objective, is trained with its own rate and dropped at export. */
interface TrainedInput {
  readonly role: ObjectiveInput;
  /** Shape for embeddings of D dimensions. */
  readonly shape: (dimension: number) => readonly number[];
  /** Fill value, or a function of the first batch's inputs and the resolved options. */
  readonly initial: number | ((first: TensorInputs, options: OptionValues) => number);
}

/** Tensors by role. */
export type TensorInputs = { readonly [R in ObjectiveInput]?: Tensor };

/** What `embtune objectives NAME` and docs/objectives.md say. Plain text. */
interface ObjectiveText {
  /** The formula, with the letters of docs/objectives.md; one line or several. */
  readonly formula: string;
  readonly papers: readonly Paper[];
  /** What is pulled together and what is pushed apart, drawn in ASCII. */
  readonly picture: string;
  readonly when: string;
  /** Relation to its neighbours. */
  readonly relations: string;
  readonly evidence: string;
}

/**
 * One objective as data and a pure graph builder. The registry of these drives help, validation, run.json, the
 * command `objectives` and the documentation.
 */
export interface ObjectiveDefinition<T extends OptionTable = OptionTable> {
  readonly name: string;
  readonly title: string;
  /** One line: what it does. */
  readonly summary: string;
  /** Row kinds it takes as they are, the natural one first. */
  readonly rows: readonly RowKind[];
  /** The same where it depends on the options; absent: `rows`. */
  rowsFor?(options: OptionsOf<T>): readonly RowKind[];
  readonly forms: readonly InputForm[];
  readonly options: T;
  /** Whether texts of other rows serve as negatives, so that no text may occur twice in a batch. */
  readonly inBatch: boolean;
  /** Modifiers beside matryoshka, which fits every objective. */
  readonly modifiers: readonly ModifierName[];
  readonly trained: readonly TrainedInput[];
  readonly text: ObjectiveText;
  /** The loss of a batch whose vectors tell nothing, all similarities being equal; absent: it has no level of chance that the batch's shape tells. */
  chance?(options: OptionsOf<T>, shape: BatchShape): number;
  /** Appends the loss and returns it as a scalar. The inputs satisfy one of `forms`, the options are resolved. */
  build(b: GraphBuilder, inputs: Inputs, options: OptionsOf<T>): Value;
  /**
   * The inputs besides vectors and queue that change when embeddings of `size` dimensions are cut to their first
   * `dimension` (matryoshka).
   */
  prefix?(b: GraphBuilder, inputs: Inputs, cut: PrefixCut): Inputs;
}

/** The first `dimension` of `size` dimensions. */
export interface PrefixCut {
  readonly dimension: number;
  readonly size: number;
}

/** How many texts a batch holds. */
export interface BatchShape {
  /** B: pairs, or texts of classes. */
  readonly rows: number;
  /** K: explicit negatives of a row. */
  readonly negatives: number;
  /** Candidates of an anchor that the mask leaves, on average; 0 where there are none. */
  readonly candidates: number;
  /** Texts in all. */
  readonly texts: number;
}

/** Checks the types of a definition and forgets its option types, so that the registry is one list. */
export function defineObjective<const T extends OptionTable>(
  definition: ObjectiveDefinition<T>,
): ObjectiveDefinition {
  return definition as unknown as ObjectiveDefinition;
}
