import { join } from "node:path";
import type { EncoderInfo } from "../encoder/encoder.js";
import { objectIn, writeJson } from "../files/json-file.js";

/** What model2vec's config.json says of a static model: it is what makes other readers know it. */
export function staticConfig({ dimension, normalize }: EncoderInfo): Record<string, unknown> {
  return {
    model_type: "model2vec",
    architectures: ["StaticModel"],
    hidden_dim: dimension,
    normalize,
  };
}

/**
 * Makes the tokenizer in a folder put nothing around texts, and know what fills shorter rows of a batch: readers of the ONNX form ask
 * for special tokens, which a static model's texts do not have.
 */
export async function bareTokenizer(folder: string): Promise<void> {
  const file = join(folder, "tokenizer.json");
  const tokenizer = await objectIn(file);
  await writeJson(file, { ...tokenizer, post_processor: null });
  const settings = join(folder, "tokenizer_config.json");
  const config = await objectIn(settings);
  if (config.pad_token === undefined)
    await writeJson(settings, { ...config, pad_token: fillerOf(tokenizer) });
}

/** A token that the vocabulary has, best one for padding: the mean leaves it out, whatever it is. */
function fillerOf({ added_tokens: added, model }: Readonly<Record<string, unknown>>): string {
  const contents = (Array.isArray(added) ? added : []).map((one) => String(one?.content));
  const named = contents.find((content) => /^(\[PAD\]|<pad>)$/.test(content));
  const vocabulary = (model as { readonly vocab?: unknown } | undefined)?.vocab ?? {};
  const [first] = Array.isArray(vocabulary)
    ? vocabulary.map((entry) => String(entry[0]))
    : Object.keys(vocabulary);
  return named ?? contents[0] ?? first ?? "[PAD]";
}
