import { basename } from "node:path";
import type { EncoderInfo } from "../encoder/encoder.js";
import { formatPrompts } from "../report/prompts.js";

/** One line that says which model is used and how it pools; a guess is called one. */
export function modelNote(info: EncoderInfo): string {
  const sources = {
    folder: "",
    option: " (by --pooling)",
    guess: " (a guess: the folder has no modules.json; set it with --pooling)",
  };
  const prompts = formatPrompts(info);
  const normalized = info.normalize ? ", unit length" : "";
  // Only what embtune itself writes has a manifest; a model from elsewhere is not expected to.
  const unchecked =
    info.source === "run" && info.checked === false
      ? "; written without SHA-256, so damage in it would not be noticed"
      : "";
  return (
    `model ${info.name}: ${info.dimension} dimensions, at most ${info.maxLength} tokens, ` +
    `${info.pooling} pooling${sources[info.poolingSource]}${normalized}${prompts === undefined ? "" : `, ${prompts}`}${unchecked}`
  );
}

/** The encoder of a model under the name that was asked for: of a run the run's, with its base. */
export function underName(info: EncoderInfo, asked: string | undefined): EncoderInfo {
  if (asked === undefined || asked === info.name || basename(asked) === info.name) return info;
  return { ...info, name: `${asked} (tuned from ${info.name})` };
}
