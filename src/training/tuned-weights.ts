import type { EncoderPart } from "../encoder/step/encoder-step.js";
import type { PreparedEncoder } from "../encoder/step/prepare.js";
import { internal } from "../errors/internal.js";
import { mergeLowRank } from "../graph/rewrites/low-rank.js";
import type { Tensor } from "../math/tensor.js";

type Tensors = ReadonlyMap<string, Tensor>;

/**
 * The encoder's trained weights by the names of its initializers: those among the parameters, and those whose adapters are, with
 * W + α/r·(B·A)ᵀ in their place.
 */
export function tunedWeights(
  encoder: PreparedEncoder,
  { adapters }: Pick<EncoderPart, "adapters">,
  parameters: Tensors,
): Tensors {
  const own = encoder.weights.flatMap(({ name }) => {
    const tensor = parameters.get(name);
    return tensor === undefined ? [] : [[name, tensor] as const];
  });
  const value = (tensors: Tensors, name: string): Tensor =>
    tensors.get(name) ?? internal(`no value of ${name}`);
  const merged = adapters.map(({ weight, a, b, scale }) => {
    const adapter = { a: value(parameters, a), b: value(parameters, b), scale };
    const { initializers } = encoder.graph;
    return [weight, mergeLowRank(value(initializers, weight), adapter)] as const;
  });
  return new Map([...own, ...merged]);
}
