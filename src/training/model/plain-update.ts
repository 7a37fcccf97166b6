import type { Feeds } from "../batches/head-feeds.js";
import type { EncoderInputs } from "./encoder-inputs.js";
import type { LossGraph } from "./loss-graph.js";
import type { UpdateMethod } from "./trainable-encoder.js";

/** Gradients of all texts of a batch in one run. `inputs` are those of the graph. */
export function plainUpdate(
  graph: LossGraph,
  inputs: readonly string[],
  inputsOf: EncoderInputs,
): UpdateMethod<Feeds> {
  return {
    ready: (batch) =>
      inputsOf(
        batch,
        batch.ids.map((_, slot) => slot),
        inputs,
      ),
    step: ({ feeds }, texts, learningRate) => graph.step({ ...texts, ...feeds }, learningRate),
    accumulate: ({ feeds }, texts) => graph.accumulate({ ...texts, ...feeds }),
  };
}
