import type { EncoderStep } from "../encoder/step/encoder-step.js";
import type { Trainer } from "../runtime/runtime.js";
import type { EncoderBatch } from "./encoder-batch.js";
import type { EncoderInputs } from "./encoder-inputs.js";
import type { UpdateMethod } from "./encoder-student.js";
import type { Feeds } from "./head-feeds.js";

/** Gradients of all texts of a batch in one run. */
export function plainUpdate(
  trainer: Trainer,
  { inputs, loss }: Pick<EncoderStep, "inputs" | "loss">,
  inputsOf: EncoderInputs,
): UpdateMethod<Feeds> {
  const feedsOf = async (batch: EncoderBatch): Promise<Feeds> => {
    const slots = batch.ids.map((_, slot) => slot);
    return { ...(await inputsOf(batch, slots, inputs)), ...batch.feeds };
  };
  return {
    ready: feedsOf,
    step: (_, feeds, learningRate) => trainer.step(feeds, learningRate, { transfer: true }),
    accumulate: async (_, feeds) => {
      const outputs = await trainer.accumulate(feeds, { transfer: true });
      return Number(outputs[loss]?.data[0]);
    },
  };
}
