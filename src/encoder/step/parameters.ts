import type { Gradient } from "../../autodiff/value-and-grad.js";
import { invariant } from "../../errors/internal.js";
import { initializersToInputs } from "../../graph/parameters.js";
import type { Tensor } from "../../math/tensor.js";
import type { EmbeddingGraph } from "./embedding-graph.js";

/** A trained tensor before it has a gradient. */
export interface Parameter {
  readonly name: string;
  readonly owner: "encoder" | "adapter" | "head" | "objective";
  readonly shape: readonly number[];
  /** Start values, not copied; undefined for those of an objective, which depend on the first batch. */
  readonly data: Float32Array | undefined;
  /** Whether weight decay applies: not to biases, layer normalisation and scalars. */
  readonly decay: boolean;
  /** 0 … L−1; −1 for embeddings, L for head and objective. */
  readonly layer: number;
}

/** A trained tensor of a step. */
export interface StepParameter extends Parameter {
  /** Outputs of the step that hold its gradient. */
  readonly gradient: Gradient;
}

/** Makes the encoder's trained weights and adapters inputs of the graph. */
export function encoderParameters(parts: EmbeddingGraph): Parameter[] {
  const { trained, adapters } = parts;
  const own = trained.map((weight) => ({ ...weight, owner: "encoder" as const }));
  const added = adapters.flatMap(({ a, b, layer }) =>
    [a, b].map((name) => ({ name, layer, owner: "adapter" as const })),
  );
  const all = [...own, ...added];
  const tensors = initializersToInputs(
    parts.b.graph,
    all.map(({ name }) => name),
  );
  return all.map(({ name, layer, owner }) => {
    const { dtype, shape, data } = tensors.get(name) as Tensor;
    invariant(dtype === "float32", `the weight "${name}" is ${dtype}, not float32`);
    const decay = shape.length > 1;
    return { name, owner, shape, data: data as Float32Array, decay, layer };
  });
}
