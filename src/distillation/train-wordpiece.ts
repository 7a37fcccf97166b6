import { mergeSymbols } from "./merge-symbols.js";

/** [PAD] has the number 0, as BERT's configuration says. */
export const SPECIAL_TOKENS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"] as const;

/** Words of more characters are unknown as a whole. */
export const LONGEST_WORD = 100;

/** Distinct characters that get a token of their own; rarer ones are unknown. */
const ALPHABET = 1000;

/** The printable characters of ASCII in lower case: any text of them has tokens, whatever the corpus. */
export const ALWAYS = Array.from({ length: 94 }, (_, i) => String.fromCharCode(33 + i)).filter(
  (character) => character === character.toLowerCase(),
);

/**
 * A WordPiece vocabulary of at most `size` tokens, in the order of their numbers: special tokens, characters (at a word's start, and behind
 * `##` within one), then what comes of joining the most frequent pair of neighbours again and again (Sennrich et al. 2016, byte pair
 * encoding; the tokenizers library trains WordPiece in the same way). Equal counts are ordered by the tokens, so that the same counts
 * give the same vocabulary. `minimum`: least count of a pair that is joined.
 */
export function trainWordPiece(
  counts: ReadonlyMap<string, number>,
  size: number,
  minimum = 2,
): string[] {
  const words = [...counts].filter(([word]) => [...word].length <= LONGEST_WORD);
  const alphabet = alphabetOf(words);
  const start = [...SPECIAL_TOKENS, ...alphabet.flatMap((c) => [c, `##${c}`])];
  const known = new Set(alphabet);
  const spelled = words
    .map(([word, count]) => ({ pieces: [...word], count }))
    .filter(({ pieces }) => pieces.every((character) => known.has(character)))
    .map(({ pieces, count }) => ({
      pieces: pieces.map((character, i) => (i === 0 ? character : `##${character}`)),
      count,
    }));
  return mergeSymbols(spelled, { start, size, minimum });
}

function alphabetOf(words: readonly (readonly [string, number])[]): string[] {
  const counts = new Map<string, number>();
  for (const [word, count] of words)
    for (const character of word) counts.set(character, (counts.get(character) ?? 0) + count);
  const byCount = [...counts].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1));
  const frequent = byCount.slice(0, ALPHABET).map(([character]) => character);
  return [...new Set([...ALWAYS, ...frequent])].sort();
}
