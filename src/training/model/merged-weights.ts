import type { EncoderGraphInfo } from "../../encoder/step/encoder-step.js";
import type { PreparedEncoder } from "../../encoder/step/prepare.js";
import { internal } from "../../errors/internal.js";
import { mergeLowRank } from "../../graph/rewrites/low-rank.js";
import type { Tensor } from "../../math/tensor.js";

type Tensors = ReadonlyMap<string, Tensor>;

/**
 * How trained parameters become the encoder's weights by the names of its initializers: those among the parameters as they are,
 * those with adapters as W + α/r·(B·A)ᵀ. Of the encoder itself only what adapters are merged into is held on to.
 */
export function weightsMerger(
  encoder: PreparedEncoder,
  { adapters }: Pick<EncoderGraphInfo, "adapters">,
): (parameters: Tensors) => Tensors {
  const names = encoder.weights.map(({ name }) => name);
  const bases = basesOf(encoder.graph.initializers, adapters);
  return (parameters) => {
    const own = names.flatMap((name) => {
      const tensor = parameters.get(name);
      return tensor === undefined ? [] : [[name, tensor] as const];
    });
    const merged = adapters.map(({ weight, a, b, scale, transposed }) => {
      const adapter = {
        ...{ a: tensorOf(parameters, a), b: tensorOf(parameters, b) },
        ...{ scale, transposed },
      };
      return [weight, mergeLowRank(tensorOf(bases, weight), adapter)] as const;
    });
    return new Map([...own, ...merged]);
  };
}

/** The encoder's weights with these parameters in place, adapters merged. */
export function tunedWeights(
  encoder: PreparedEncoder,
  part: Pick<EncoderGraphInfo, "adapters">,
  parameters: Tensors,
): Tensors {
  return weightsMerger(encoder, part)(parameters);
}

function tensorOf(tensors: Tensors, name: string): Tensor {
  return tensors.get(name) ?? internal(`no value of ${name}`);
}

/**
 * Copies of the weights that adapters are merged into. A view would keep the whole file in memory, and so would a function that
 * was made where the graph is in sight: hence this one of its own.
 */
function basesOf(weights: Tensors, adapters: EncoderGraphInfo["adapters"]): Tensors {
  return new Map(
    adapters.map(({ weight }) => {
      const tensor = tensorOf(weights, weight);
      return [weight, { ...tensor, data: tensor.data.slice() }];
    }),
  );
}
