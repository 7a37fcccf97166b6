import type { EncoderInfo } from "../encoder/encoder.js";

/** One line that says which model is used and how it pools; a guess is called one. */
export function modelNote(info: EncoderInfo): string {
  const sources = {
    folder: "",
    option: " (by --pooling)",
    guess: " (a guess: the folder has no modules.json; set it with --pooling)",
  };
  const normalized = info.normalize ? ", unit length" : "";
  return (
    `model ${info.name}: ${info.dimension} dimensions, at most ${info.maxLength} tokens, ` +
    `${info.pooling} pooling${sources[info.poolingSource]}${normalized}`
  );
}
