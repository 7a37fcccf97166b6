import { invariant } from "../errors/internal.js";
import { usageError } from "../errors/user-error.js";
import type { GraphBuilder } from "../graph/builder.js";
import type { Value } from "../graph/ir.js";
import * as ops from "../graph/ops/index.js";
import type { ObjectiveDefinition, PrefixCut } from "./definition.js";
import { scaled } from "./masking.js";
import { type Inputs, isObjectiveInput, type ObjectiveInput, objectiveInputs } from "./roles.js";

/** The prefixes and their weights (all 1 when there are none). */
interface Prefixes {
  readonly dims: readonly number[];
  readonly weights: readonly number[];
}

/**
 * Σ_m w_m · loss(first d_m dimensions) (Kusupati et al. 2022, equation 1). A prefix of a vector that the objective
 * normalises is normalised again, since the objective itself does it.
 */
export function matryoshka(
  b: GraphBuilder,
  { definition, inputs }: { readonly definition: ObjectiveDefinition; readonly inputs: Inputs },
  { dims, weights }: Prefixes,
  loss: (inputs: Inputs) => Value,
): Value {
  const size = embeddingSize(inputs);
  checkPrefixes({ dims, weights }, size);
  return dims
    .map((dimension) => loss(cutInputs(b, definition, inputs, { dimension, size })))
    .map((value, m) => scaled(b, value, weights[m] ?? 1))
    .reduce((sum, value) => ops.add(b, sum, value));
}

/** D of the first input of vectors. */
function embeddingSize(inputs: Inputs): number {
  for (const role of Object.keys(objectiveInputs) as ObjectiveInput[]) {
    const size = objectiveInputs[role].kind === "vectors" ? inputs[role]?.shape.at(-1) : undefined;
    if (typeof size === "number") return size;
  }
  invariant(false, "the dimension of the embeddings must be known when an objective is built");
}

function checkPrefixes({ dims, weights }: Prefixes, size: number): void {
  const tooLong = dims.find((d) => d > size);
  if (tooLong !== undefined)
    throw usageError(
      "prefix-too-long",
      `--matryoshka ${tooLong} is more than the embedding's ${size} dimensions`,
    );
  if (weights.length > 0 && weights.length !== dims.length)
    throw usageError(
      "prefix-weights",
      `--matryoshka-weights must hold one weight for each of the ${dims.length} prefixes, got ${weights.length}`,
    );
}

function cutInputs(
  b: GraphBuilder,
  definition: ObjectiveDefinition,
  inputs: Inputs,
  cut: PrefixCut,
): Inputs {
  if (cut.dimension === cut.size) return inputs;
  const others = definition.prefix?.(b, inputs, cut) ?? inputs;
  const result: { -readonly [K in keyof Inputs]: Inputs[K] } = { ...others };
  for (const role of Object.keys(result).filter(isObjectiveInput)) {
    const value = result[role];
    if (value !== undefined && (objectiveInputs[role].kind === "vectors" || role === "queue"))
      result[role] = firstDimensions(b, value, cut.dimension);
  }
  return result;
}

/** x[…, :dimension]. */
export function firstDimensions(b: GraphBuilder, x: Value, dimension: number): Value {
  return ops.slice(b, x, { axis: x.shape.length - 1, end: dimension });
}
