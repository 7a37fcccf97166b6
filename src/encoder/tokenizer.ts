import { join } from "node:path";
import type { PreTrainedTokenizer } from "@xenova/transformers";
import { UserError } from "../errors/user-error.js";
import { type JsonObject, numberOf, readJsonObject } from "../files/json-file.js";
import { boundedTokenizing } from "./bounded-tokenizing.js";
import { wordTokenizing } from "./word-tokenizing.js";

/** Turns texts into token ids as sentence-transformers does, truncation included. */
export interface Tokenizer {
  /** Id that fills the end of shorter rows of a batch. */
  readonly padId: number;
  /** Id of what the vocabulary does not have; undefined where there is no such token. */
  readonly unknownId?: number | undefined;
  /** What the tokenizer's own configuration allows; Infinity when it says nothing. */
  readonly modelMaxLength: number;
  /** Whether padding stands before shorter texts, by the tokenizer's own configuration. Here it is always behind them. */
  readonly padsLeft: boolean;
  /** How many special tokens every text gets, [CLS] and [SEP] for instance. */
  readonly specialTokens: number;
  /**
   * At most `maxLength` ids, special tokens included: a text that is too long loses tokens at its end (at its start where the
   * tokenizer's truncation_side says so), never the special tokens around it.
   */
  readonly encode: (text: string, maxLength: number) => Int32Array;
  /** How many tokens of a text a prompt before it takes, as sentence-transformers counts them: all of the prompt alone but a closing one. */
  readonly promptLength: (prompt: string, maxLength: number) => number;
}

/** Of a long text that many characters for each wanted token are looked at first; English has 4 to 5. */
const CHARACTERS_A_TOKEN = 16;

/** How a model wants texts. */
interface TokenizerOptions {
  /** Lower-cases texts first (`do_lower_case` of sentence_bert_config.json); default false. */
  readonly lowerCase?: boolean | undefined;
  /** Texts get no special tokens around them; default false. */
  readonly isBare?: boolean | undefined;
}

/**
 * The tokenizer of a model folder, by transformers.js, made from tokenizer.json and tokenizer_config.json alone: nothing is
 * fetched or cached. Truncation and padding settings of tokenizer.json play no part.
 */
export async function loadTokenizer(
  folder: string,
  options: TokenizerOptions = {},
): Promise<Tokenizer> {
  const file = join(folder, "tokenizer.json");
  const [content, config = {}] = await Promise.all([
    readJsonObject(file),
    readJsonObject(join(folder, "tokenizer_config.json")),
  ]);
  if (content === undefined) {
    throw new UserError("no-tokenizer", `model folder "${folder}" has no tokenizer.json`, {
      hint: "write it in Python with AutoTokenizer.from_pretrained(…).save_pretrained(folder)",
    });
  }
  const { PreTrainedTokenizer } = await import("@xenova/transformers");
  try {
    const inner = new PreTrainedTokenizer(content, config);
    const plain = (text: string): number[] => inner.encode(text, { add_special_tokens: false });
    const contentOf = wordTokenizing(boundedTokenizing(plain, content, file), content);
    return makeTokenizer(inner, config, { contentOf, ...options });
  } catch (cause) {
    if (cause instanceof UserError) throw cause;
    throw new UserError("bad-tokenizer", `is not a usable tokenizer: ${(cause as Error).message}`, {
      at: { file },
      cause,
    });
  }
}

interface Contents extends TokenizerOptions {
  /** Ids of a text without special tokens. */
  readonly contentOf: (text: string) => number[];
}

function makeTokenizer(
  inner: PreTrainedTokenizer,
  config: JsonObject,
  { contentOf: plain, lowerCase = false, isBare = false }: Contents,
): Tokenizer {
  const contentOf = (text: string): number[] => plain(lowerCase ? text.toLowerCase() : text);
  const { prefix, suffix } = isBare ? { prefix: [], suffix: [] } : findTemplate(inner);
  const specialTokens = prefix.length + suffix.length;
  const fromStart = config.truncation_side !== "left";
  const encode = (text: string, maxLength: number): Int32Array => {
    const room = maxLength - specialTokens;
    const ids = fromStart ? firstTokens(contentOf, text, room) : contentOf(text);
    const count = Math.min(ids.length, room);
    const kept = fromStart ? ids : ids.slice(ids.length - count);
    const all = new Int32Array(prefix.length + count + suffix.length);
    all.set(prefix);
    for (let i = 0; i < count; i++) all[prefix.length + i] = kept[i];
    all.set(suffix, prefix.length + count);
    return all;
  };
  return {
    padId: inner.pad_token_id ?? 0,
    unknownId: inner.unk_token_id,
    modelMaxLength: numberOf(config.model_max_length) ?? Number.POSITIVE_INFINITY,
    padsLeft: config.padding_side === "left",
    specialTokens,
    encode,
    promptLength: (prompt, maxLength) =>
      encode(prompt, maxLength).length - Math.min(1, suffix.length),
  };
}

/** The special tokens, found by comparing a text with and without them (or none but them, for the empty text). */
function findTemplate(inner: PreTrainedTokenizer): {
  readonly prefix: readonly number[];
  readonly suffix: readonly number[];
} {
  const whole: number[] = inner.encode("a");
  const content: number[] = inner.encode("a", { add_special_tokens: false });
  const start = whole.findIndex((_, i) => content.every((id, k) => whole[i + k] === id));
  return { prefix: whole.slice(0, start), suffix: whole.slice(start + content.length) };
}

/**
 * At least the first `room` tokens of a text, or all. A much longer text is first cut at white space, where no token ends up on
 * both sides: a book then costs no more than its first pages.
 */
function firstTokens(contentOf: (text: string) => number[], text: string, room: number): number[] {
  const enough = CHARACTERS_A_TOKEN * room;
  if (text.length > 2 * enough) {
    const cut = text.slice(enough, 2 * enough).search(/[ \n]\w/);
    const ids = cut < 0 ? [] : contentOf(text.slice(0, enough + cut));
    if (ids.length >= room) return ids;
  }
  return contentOf(text);
}
