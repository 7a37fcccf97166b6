import { type JsonObject, numberOf, stringOf } from "../files/json-file.js";
import type { DropoutRates } from "../graph/rewrites/dropout.js";

/**
 * The rates with which a model was trained, by its config.json, at the places that its architecture has: DistilBERT drops
 * nothing behind attention, ALBERT nothing behind the feed-forward part.
 */
export function configuredDropout(config: JsonObject): DropoutRates {
  const hidden = numberOf(config.hidden_dropout_prob ?? config.dropout) ?? 0;
  const attention = numberOf(config.attention_probs_dropout_prob ?? config.attention_dropout) ?? 0;
  const type = stringOf(config.model_type);
  return {
    embeddings: hidden,
    attention,
    attentionOutput: type === "distilbert" ? 0 : hidden,
    feedForward: type === "albert" ? 0 : hidden,
  };
}

/** One rate at all places. */
export function uniformDropout(rate: number): DropoutRates {
  return { embeddings: rate, attention: rate, attentionOutput: rate, feedForward: rate };
}
