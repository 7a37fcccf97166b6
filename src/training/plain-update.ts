import type { EncoderStep } from "../encoder/step/encoder-step.js";
import { textFeeds } from "../encoder/step/text-feeds.js";
import type { Trainer } from "../runtime/runtime.js";
import type { EncoderBatch } from "./encoder-batch.js";
import type { UpdateOn } from "./encoder-student.js";

/** Updates with all texts of a batch in one run. */
export function plainUpdate(
  trainer: Trainer,
  { inputs }: Pick<EncoderStep, "inputs">,
  padId: number,
): UpdateOn {
  return async (batch: EncoderBatch, learningRate) => {
    const feeds = { ...textFeeds(batch.ids, { inputs, padId }), ...batch.feeds };
    const result = await trainer.step(feeds, learningRate, { transfer: true });
    const { loss, gradNorm, finite } = result;
    return { loss, gradNorm, finite, tokens: batch.tokens };
  };
}
