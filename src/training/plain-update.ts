import type { EncoderStep } from "../encoder/step/encoder-step.js";
import type { Trainer } from "../runtime/runtime.js";
import type { EncoderInputs } from "./encoder-inputs.js";
import type { UpdateMethod } from "./encoder-student.js";
import type { Feeds } from "./head-feeds.js";

/** Gradients of all texts of a batch in one run. */
export function plainUpdate(
  trainer: Trainer,
  { inputs, loss, candidates = "" }: Pick<EncoderStep, "inputs" | "loss" | "candidates">,
  inputsOf: EncoderInputs,
): UpdateMethod<Feeds> {
  return {
    ready: (batch) =>
      inputsOf(
        batch,
        batch.ids.map((_, slot) => slot),
        inputs,
      ),
    step: async ({ feeds }, texts, learningRate) => {
      const result = await trainer.step({ ...texts, ...feeds }, learningRate, { transfer: true });
      return { ...result, candidates: result.outputs[candidates] };
    },
    accumulate: async ({ feeds }, texts) => {
      const outputs = await trainer.accumulate({ ...texts, ...feeds }, { transfer: true });
      return { loss: Number(outputs[loss]?.data[0]), candidates: outputs[candidates] };
    },
  };
}
