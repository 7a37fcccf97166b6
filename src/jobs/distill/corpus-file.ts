import { openSourceTexts } from "../../embeddings/source-texts.js";

/** A text as it stands in corpus.jsonl: a JSON line, since a text may have line breaks. */
export const corpusLine = (text: string): string => `${JSON.stringify({ text })}\n`;

/** The texts of a corpus.jsonl, from its beginning. UserErrors as `openSourceTexts`. */
export async function* corpusTexts(path: string): AsyncGenerator<string> {
  for await (const { text } of (await openSourceTexts(path, {})).rows()) yield text;
}
