import { join } from "node:path";
import { wordPieceTokens } from "../../distillation/pruned-vocabulary.js";
import type { Encoder } from "../../encoder/encoder.js";
import { objectIn } from "../../files/json-file.js";

/** A teacher's tokens, in the order of their numbers, and the tokenizer.json that has them. UserError unfit-tokenizer with the hint. */
export async function teacherTokens(
  { info: { path, tokenizerPath = path } }: Encoder,
  hint?: string,
): Promise<{ readonly tokens: readonly string[]; readonly file: string }> {
  const file = join(tokenizerPath, "tokenizer.json");
  return { tokens: wordPieceTokens(await objectIn(file), file, hint), file };
}
