import { plainForm } from "../../dataset/texts/text-hash.js";
import {
  exchangeWords,
  isExchangeable,
  vocabularyWords,
  type WordStock,
} from "../../distillation/exchanged-words.js";
import { bertWords } from "../../distillation/words.js";
import type { Encoder } from "../../encoder/encoder.js";
import { counted } from "../../errors/counted.js";
import { throwIfInterrupted } from "../../errors/interrupted.js";
import { UserError } from "../../errors/user-error.js";
import { normalizedRows } from "../../evaluation/cosine.js";
import { writeFileAtomic } from "../../files/files.js";
import { createRandom } from "../../math/random.js";
import type { Runtime } from "../../runtime/runtime.js";
import { searchNeighbours } from "../../search/neighbours.js";
import { type DistillContext, distillPaths } from "./context.js";
import { corpusLine, corpusTexts } from "./corpus-file.js";
import { teacherTokens } from "./teacher-tokens.js";

/** Neighbours that a word may be followed by. */
const NEIGHBOURS = 50;
/** What to do where the teacher has no words to exchange. */
const WITHOUT = "leave --exchange out";

/**
 * Writes about `count` texts more behind those of the corpus: its shorter texts in turn, with words exchanged for words of the teacher's
 * vocabulary (`exchangeWords`), none that stands in `excluded`. Returns how many; a note says where they are fewer. UserErrors:
 * unfit-tokenizer, few-words for a vocabulary without enough to exchange.
 */
export async function addExchangedTexts(
  context: DistillContext,
  {
    count,
    teacher,
    runtime,
    excluded,
  }: {
    readonly count: number;
    readonly teacher: Encoder;
    readonly runtime: Runtime;
    readonly excluded: ReadonlySet<string>;
  },
): Promise<number> {
  const { options, signal, onEvent } = context;
  const { corpus } = distillPaths(options.out);
  const { common, stock } = await stockOf(context, teacher, runtime);
  onEvent({ type: "stage", name: "texts with exchanged words" });
  const random = createRandom(options.seed, "exchange");
  let [eligible, written] = [0, 0];
  await writeFileAtomic(corpus, async (append) => {
    for await (const text of corpusTexts(corpus)) {
      throwIfInterrupted(signal);
      if (isExchangeable(bertWords(text))) eligible++;
      await append(corpusLine(text));
    }
    for await (const words of turns(corpus, { eligible, count })) {
      throwIfInterrupted(signal);
      const made = exchangeWords(words, common, stock, random);
      if (made === undefined || excluded.has(plainForm(made))) continue;
      await append(corpusLine(made));
      written++;
    }
  });
  if (written < count) onEvent({ type: "note", message: fewer(written, count) });
  return written;
}

/** The words of `count` texts: the corpus' eligible ones, all equally often but for one, or at equal distances where they are more. */
async function* turns(
  corpus: string,
  { eligible, count }: { readonly eligible: number; readonly count: number },
): AsyncGenerator<readonly string[]> {
  let seen = 0;
  for await (const text of corpusTexts(corpus)) {
    const words = bertWords(text);
    if (!isExchangeable(words)) continue;
    const due = share(++seen, eligible, count) - share(seen - 1, eligible, count);
    for (let copy = 0; copy < due; copy++) yield words;
  }
}

const fewer = (written: number, count: number): string =>
  `${counted(written, "text with exchanged words was", "texts with exchanged words were")} made of the ${count} of --exchange: the others had no word to exchange, or are texts of --eval or --exclude; of the corpus only texts of 3 to 24 words are used`;

const share = (seen: number, eligible: number, count: number): number =>
  Math.floor((seen * count) / eligible);

/** The words of the teacher's vocabulary, and which of them mean the like to it. */
async function stockOf(
  { signal, onEvent }: DistillContext,
  teacher: Encoder,
  runtime: Runtime,
): Promise<{ readonly common: ReadonlySet<string>; readonly stock: WordStock }> {
  onEvent({ type: "stage", name: "words of the teacher's vocabulary" });
  const { tokens, file } = await teacherTokens(teacher, WITHOUT);
  const { common, words } = vocabularyWords(tokens);
  requireWords(words.length, file);
  const total = words.length;
  const vectors = await teacher.encode([...words], {
    signal,
    onProgress: (done) => onEvent({ type: "encoding", done, total }),
  });
  const { documents, k } = await searchNeighbours(normalizedRows(vectors), {
    runtime,
    k: NEIGHBOURS,
    signal,
  });
  return { common, stock: { words, neighbours: documents, k } };
}

/** UserError few-words for fewer than a word and its neighbours. */
function requireWords(words: number, file: string): void {
  const least = NEIGHBOURS + 1;
  if (words >= least) return;
  throw new UserError(
    "few-words",
    `the teacher's vocabulary has ${words} whole words beside its most frequent, expected at least ${least} to exchange`,
    { at: { file }, hint: WITHOUT },
  );
}
