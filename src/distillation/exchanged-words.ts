import type { Random } from "../math/random.js";

/** Words to put into texts, the most frequent first, and the k nearest others of each [words, k]. */
export interface WordStock {
  readonly words: readonly string[];
  readonly neighbours: Int32Array;
  readonly k: number;
}

/** How many of a vocabulary's words join others rather than say something themselves: the most frequent of a language. */
const COMMON = 150;
/** Words a text may have: a longer one teaches no more and costs more. */
const [SHORTEST, LONGEST] = [3, 24];
/** How likely a word comes from the neighbours of the one put in before it. */
const COHERENT = 0.6;
/** How likely a text loses its common words, as headlines and queries do. */
const TERSE = 1 / 3;

const isWord = (token: string): boolean => /^\p{L}{3,}$/u.test(token);

/** The whole words of a vocabulary, whose order is taken for that of their frequency, as WordPiece's is: the common ones and the others. */
export function vocabularyWords(tokens: readonly string[]): {
  readonly common: ReadonlySet<string>;
  readonly words: readonly string[];
} {
  const all = tokens.filter(isWord);
  return { common: new Set(all.slice(0, COMMON)), words: all.slice(COMMON) };
}

/** Whether a text of these words is one to exchange words in. */
export const isExchangeable = (words: readonly string[]): boolean =>
  words.length >= SHORTEST && words.length <= LONGEST;

/**
 * A text with some of its words exchanged (in the manner of TinyBERT's data augmentation, Jiao et al. 2020, whose words come from a masked
 * language model): a share of them, uniform in 0.2 … 1, for words of the stock, drawn by rank r with density ∝ r^−½ or, six times in ten,
 * from the neighbours of the word put in before, so that they belong together. Common words stay, or all go. Undefined where nothing changes.
 */
export function exchangeWords(
  words: readonly string[],
  common: ReadonlySet<string>,
  { words: stock, neighbours, k }: WordStock,
  random: Random,
): string | undefined {
  const share = 0.2 + 0.8 * random.uniform();
  const terse = random.uniform() < TERSE;
  let last: number | undefined;
  const exchanged = words.flatMap((word) => {
    if (!isWord(word)) return [word];
    if (common.has(word)) return terse ? [] : [word];
    if (random.uniform() >= share) return [word];
    last =
      last !== undefined && random.uniform() < COHERENT
        ? neighbours[last * k + random.below(k)]
        : Math.floor(stock.length * random.uniform() ** 2);
    return [stock[last]];
  });
  return last === undefined ? undefined : exchanged.join(" ");
}
