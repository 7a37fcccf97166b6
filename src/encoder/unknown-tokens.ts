import { countUnknown, unknownAdvice } from "../dataset/inspect/unknown-share.js";
import type { Encoder } from "./encoder.js";

/** Texts that the share is taken of. */
const sampled = 1000;

/**
 * A sentence about the tokens of texts that the tokenizer has none for, when they are more than a twentieth: their meaning is lost. Judged by
 * up to a thousand texts spread over all.
 */
export function unknownTokensNote(
  encoder: Pick<Encoder, "tokenize" | "unknownId" | "info">,
  texts: readonly string[],
): string | undefined {
  const { unknownId } = encoder;
  if (unknownId === undefined || texts.length === 0) return undefined;
  const step = Math.max(1, Math.floor(texts.length / sampled));
  const some = texts.filter((_, i) => i % step === 0).slice(0, sampled);
  const share = countUnknown(encoder.tokenize(some), unknownId);
  if (!share.many) return undefined;
  return `${share.percent} % of the tokens are unknown to the tokenizer of ${encoder.info.name}: ${unknownAdvice}`;
}
