/** What to do about texts of a script that a tokenizer does not know. */
export const unknownAdvice =
  "such texts cannot be told apart; bring a multilingual model: --model FOLDER";

/** Above this share unknown tokens are worth a word. */
const worthAWord = 0.05;

/** How many tokens are the unknown one, and whether that is worth a word. */
export interface UnknownShare {
  readonly tokens: number;
  readonly unknown: number;
  /** In whole percent. */
  readonly percent: number;
  readonly many: boolean;
}

/** The unknown tokens of texts, of all between the first and the last, which are special ones. */
export function countUnknown(texts: Iterable<ArrayLike<number>>, unknownId: number): UnknownShare {
  let tokens = 0;
  let unknown = 0;
  for (const ids of texts) {
    for (let i = 1; i < ids.length - 1; i++) {
      tokens += 1;
      if (ids[i] === unknownId) unknown += 1;
    }
  }
  const share = tokens === 0 ? 0 : unknown / tokens;
  return { tokens, unknown, percent: Math.round(100 * share), many: share > worthAWord };
}
