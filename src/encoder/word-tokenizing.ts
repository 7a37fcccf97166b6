import { isObject, type JsonObject } from "../files/json-file.js";

/** Ids of a text without special tokens. */
type Tokenize = (text: string) => number[];

/** Words whose ids are kept, about 10 MB of them. */
const KEPT = 50_000;

/** What an ASCII character is to BERT's tokenizer; 0: a text with it is left to the tokenizer as a whole. */
const [OTHER, WORD, SPACE, PUNCTUATION] = [0, 1, 2, 3];
const CLASSES = Uint8Array.from({ length: 128 }, (_, code) => {
  const character = String.fromCharCode(code);
  if (/[A-Za-z0-9]/.test(character)) return WORD;
  if (/[ \t\n\r]/.test(character)) return SPACE;
  return /[!-/:-@[-`{-~]/.test(character) ? PUNCTUATION : OTHER;
});

/**
 * `tokenize`, or the same and several times as fast where tokenizer.json (`content`) is that of BERT: there the ids of a plain ASCII text are
 * those of its words and marks one after the other, so that each word is tokenised once and remembered.
 */
export function wordTokenizing(tokenize: Tokenize, content: JsonObject): Tokenize {
  if (!isOfWords(content)) return tokenize;
  const added = addedTokens(content);
  // A text that may hold an added token has its first character.
  const classes = CLASSES.slice();
  for (const [first] of added)
    for (const form of [first, first.toLowerCase(), first.toUpperCase()])
      if (form.charCodeAt(0) < classes.length) classes[form.charCodeAt(0)] = OTHER;
  const known = new Map<string, readonly number[]>();
  const idsOf = (word: string): readonly number[] => {
    const before = known.get(word);
    if (before !== undefined) return before;
    if (known.size >= KEPT) known.clear();
    const ids = tokenize(word);
    known.set(word, ids);
    return ids;
  };
  return (text) => idsOfWords(text, classes, idsOf) ?? tokenize(text);
}

/** Ids of each word and mark; undefined for a text with a character that is left to the tokenizer. */
function idsOfWords(
  text: string,
  classes: Uint8Array,
  idsOf: (word: string) => readonly number[],
): number[] | undefined {
  const ids: number[] = [];
  const add = (from: number, to: number): void => {
    for (const id of idsOf(text.slice(from, to))) ids.push(id);
  };
  let start = -1;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    const kind = code < 128 ? classes[code] : OTHER;
    if (kind === OTHER) return undefined;
    if (kind === WORD) {
      if (start < 0) start = i;
      continue;
    }
    if (start >= 0) add(start, i);
    start = -1;
    if (kind === PUNCTUATION) add(i, i + 1);
  }
  if (start >= 0) add(start, text.length);
  return ids;
}

/** Whether words are tokenised apart from each other: BERT's normaliser, BERT's division into words, and pieces of words. */
function isOfWords({ normalizer, pre_tokenizer: divider, model }: JsonObject): boolean {
  const typeOf = (part: unknown): unknown => (isObject(part) ? part.type : undefined);
  const types = [normalizer, divider, model].map(typeOf);
  return `${types}` === "BertNormalizer,BertPreTokenizer,WordPiece";
}

function addedTokens({ added_tokens: added }: JsonObject): string[] {
  const entries = Array.isArray(added) ? added.filter(isObject) : [];
  return entries.map(({ content }) => String(content)).filter((content) => content !== "");
}
