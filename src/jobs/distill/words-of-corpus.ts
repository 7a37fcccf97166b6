import { bertWords } from "../../distillation/words.js";
import { corpusTexts } from "./corpus-file.js";

/** How often each word stands in the texts of a corpus. */
export async function wordsOfCorpus(path: string): Promise<Map<string, number>> {
  const counts = new Map<string, number>();
  for await (const text of corpusTexts(path))
    for (const word of bertWords(text)) counts.set(word, (counts.get(word) ?? 0) + 1);
  return counts;
}
