import { UserError, usageError } from "../errors/user-error.js";

/** Longest text, in tokens, that is encoded without being asked for. */
const DEFAULT_LIMIT = 512;

/** Encoders that number positions from the id of the padding token on and so lose two of them. */
const OFFSET_POSITIONS = new Set([
  "camembert",
  "data2vec-text",
  "ibert",
  "longformer",
  "luke",
  "mpnet",
  "roberta",
  "roberta-prelayernorm",
  "xlm-roberta",
  "xlm-roberta-xl",
  "xmod",
]);

/** Tokens that a model has positions for: max_position_embeddings of its config.json, less 2 for RoBERTa's relatives. */
export function usablePositions(modelType: string, positions: number): number {
  return OFFSET_POSITIONS.has(modelType) ? positions - 2 : positions;
}

/** Where a maximum length can come from, first one first. All in tokens, special tokens included. */
interface MaxLengthSources {
  /** `--max-length`. */
  readonly requested?: number | undefined;
  /** max_seq_length of sentence_bert_config.json. */
  readonly folder?: number | undefined;
  /** model_max_length of tokenizer_config.json; writers put 1e30 where there is none. */
  readonly tokenizer: number;
  /** Positions of the model; undefined where it has no table of them. */
  readonly positions?: number | undefined;
  /** Special tokens of the tokenizer: a text needs room for one token more. */
  readonly specialTokens: number;
  /** Most that is taken without being asked for; default 512. */
  readonly limit?: number | undefined;
}

/**
 * The maximum length in tokens: the requested one, or the folder's, or the tokenizer's, the last two at most `limit` and at most the
 * model's positions. A requested length that the model cannot take, or without room for a token, is a usage error; one of the folder a
 * UserError, bad-max-length both.
 */
export function resolveMaxLength(sources: MaxLengthSources): number {
  const positions = sources.positions ?? Number.POSITIVE_INFINITY;
  const { requested, limit = DEFAULT_LIMIT } = sources;
  const least = sources.specialTokens + 1;
  if (requested === undefined) {
    requireStored(sources, least);
    return Math.min(sources.folder ?? sources.tokenizer, limit, positions);
  }
  if (!Number.isInteger(requested) || requested < least || requested > positions) {
    const most = Number.isFinite(positions)
      ? ` to ${positions} (the positions of the model)`
      : " up";
    throw usageError(
      "bad-max-length",
      `--max-length must be a whole number from ${least}${most}, got ${requested}`,
    );
  }
  return requested;
}

/** What the folder's files say must leave room for a token too. */
function requireStored({ folder, tokenizer }: MaxLengthSources, least: number): void {
  const stored = folder ?? tokenizer;
  if (stored >= least && (Number.isInteger(stored) || stored === Number.POSITIVE_INFINITY)) return;
  const field =
    folder === undefined
      ? "model_max_length of tokenizer_config.json"
      : "max_seq_length of sentence_bert_config.json";
  throw new UserError(
    "bad-max-length",
    `${field} must be a whole number from ${least} up, got ${stored}`,
    { hint: "correct it, or say how long texts may be: --max-length 128" },
  );
}
