import { UserError } from "../errors/user-error.js";
import { isObject, type JsonObject } from "../files/json-file.js";
import { ALWAYS, SPECIAL_TOKENS } from "./train-wordpiece.js";

/**
 * The tokens of a lower-casing WordPiece tokenizer of BERT's kind, in the order of their numbers, from its tokenizer.json. UserError
 * unfit-tokenizer, with the hint, for any other, whose texts `bertWords` and `wordPieces` would take apart otherwise.
 */
export function wordPieceTokens(
  tokenizer: JsonObject,
  file: string,
  hint = "use --vocabulary corpus",
): string[] {
  const { model, normalizer, pre_tokenizer: splitter } = tokenizer;
  const [{ type, vocab }, normal, split] = [model, normalizer, splitter].map(orEmpty);
  const vocabulary = orEmpty(vocab);
  const wrong = [
    ...(type === "WordPiece" ? [] : [`a model of type ${type}`]),
    ...(normal.type === "BertNormalizer" && normal.lowercase === true
      ? []
      : ["no lower-casing BertNormalizer"]),
    ...(split.type === "BertPreTokenizer" ? [] : [`a pre_tokenizer of type ${split.type}`]),
    ...SPECIAL_TOKENS.filter((token) => !(token in vocabulary)).map((token) => `no ${token}`),
  ];
  if (wrong.length === 0)
    return Object.entries(vocabulary)
      .sort(([, a], [, b]) => Number(a) - Number(b))
      .map(([token]) => token);
  throw new UserError(
    "unfit-tokenizer",
    `a teacher's vocabulary can be used where it is a lower-casing WordPiece, this tokenizer has ${wrong.join(", ")}`,
    { at: { file }, hint },
  );
}

const orEmpty = (value: unknown): JsonObject => (isObject(value) ? value : {});

/** A vocabulary, how often each of its tokens stands in the corpus [V], and that corpus' words. */
interface Counted {
  readonly tokens: readonly string[];
  readonly counts: Float64Array;
  readonly words: Iterable<string>;
}

/**
 * About `size` of the tokens: special ones first, then, in their old order, the single characters of the corpus and of ASCII, so that every
 * word of the corpus still has tokens, and those that stand in it most. A token that never stands there goes.
 */
export function prunedVocabulary({ tokens, counts, words }: Counted, size: number): string[] {
  const characters = new Set(ALWAYS);
  for (const word of words) for (const character of word) characters.add(character);
  const single = (token: string): boolean => characters.has(token.replace(/^##(?=.)/u, ""));
  const special = new Set<string>(SPECIAL_TOKENS);
  const kept = new Set(tokens.filter((token) => !special.has(token) && single(token)));
  const byCount = [...tokens.keys()]
    .filter((i) => counts[i] > 0 && !special.has(tokens[i]))
    .sort((a, b) => counts[b] - counts[a] || a - b);
  for (const i of byCount) {
    if (kept.size + special.size >= size) break;
    kept.add(tokens[i]);
  }
  return [...SPECIAL_TOKENS, ...tokens.filter((token) => kept.has(token))];
}
