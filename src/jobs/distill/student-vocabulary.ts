import { prunedVocabulary } from "../../distillation/pruned-vocabulary.js";
import { trainWordPiece } from "../../distillation/train-wordpiece.js";
import { tokenCounts } from "../../distillation/word-pieces.js";
import type { Encoder } from "../../encoder/encoder.js";
import { type DistillContext, distillPaths } from "./context.js";
import { teacherTokens } from "./teacher-tokens.js";
import { wordsOfCorpus } from "./words-of-corpus.js";

/** Tokens of a student, in the order of their numbers. */
interface StudentVocabulary {
  readonly tokens: readonly string[];
  /** How often each stands in the corpus. */
  readonly counts: Float64Array;
}

/** WordPiece, trained on the corpus. */
export async function corpusVocabulary({
  options: { out, vocabSize },
  onEvent,
}: DistillContext): Promise<StudentVocabulary> {
  onEvent({ type: "stage", name: "vocabulary" });
  const words = await wordsOfCorpus(distillPaths(out).corpus);
  const tokens = trainWordPiece(words, vocabSize);
  if (tokens.length < vocabSize)
    onEvent({
      type: "note",
      message: `the corpus gives ${tokens.length} tokens, not ${vocabSize}: no further pair occurs twice`,
    });
  return { tokens, counts: tokenCounts(tokens, words) };
}

/** The teacher's tokens that the corpus has most, and all of the teacher's. UserError unfit-tokenizer. */
export async function teacherVocabulary(
  { options: { out, vocabSize }, onEvent }: DistillContext,
  teacher: Encoder,
): Promise<StudentVocabulary & { readonly all: readonly string[] }> {
  onEvent({ type: "stage", name: "the teacher's vocabulary, pruned" });
  const { tokens: all } = await teacherTokens(teacher);
  const words = await wordsOfCorpus(distillPaths(out).corpus);
  const counts = tokenCounts(all, words);
  const tokens = prunedVocabulary({ tokens: all, counts, words: words.keys() }, vocabSize);
  onEvent({ type: "note", message: `${tokens.length} of the teacher's ${all.length} tokens stay` });
  return { tokens, counts: tokenCounts(tokens, words), all };
}
