import { float32, sizeOf, type Tensor } from "../../math/tensor.js";
import type { TensorInputs } from "../../objectives/definition.js";
import type { ConfiguredObjective } from "../../objectives/loss.js";

/** A group's objective, and what stands before the names of its own parameters. */
export interface OwnParameters {
  readonly objective: ConfiguredObjective;
  readonly prefix: string;
}

/**
 * Start values of the objective's own parameters (nce's log-normaliser, sigmoid's scale and bias, softmax's W), by name, for
 * embeddings of `dimension` numbers. `first` gives the first batch's inputs, embedded; it is only asked when a value depends on it.
 */
export async function initialScalars(
  { objective: { definition, options }, prefix }: OwnParameters,
  dimension: number,
  first: () => Promise<TensorInputs>,
): Promise<Map<string, Tensor>> {
  const values = new Map<string, Tensor>();
  for (const { role, shape, initial } of definition.trained) {
    const value = typeof initial === "number" ? initial : initial(await first(), options);
    const dims = shape(dimension);
    values.set(prefix + role, float32(dims, new Float32Array(sizeOf(dims)).fill(value)));
  }
  return values;
}
