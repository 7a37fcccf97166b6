import { TOKEN_INPUTS } from "../../graph/rewrites/token-index.js";
import { float32, int64, type Tensor } from "../../math/tensor.js";
import { POOLING_MASK } from "../pooling.js";
import { attentionGroups, type TextGroups } from "./attention-groups.js";

/** What the inputs of an encoder's graph are filled with. */
interface TextFeedOptions {
  /** Names of the graph's inputs: those that token ids give are made. */
  readonly inputs: readonly string[];
  /** Id at padding. */
  readonly padId: number;
  /** How many tokens at the beginning of each text are not pooled; default none. */
  readonly skipped?: readonly number[] | undefined;
}

/**
 * The inputs of an encoder for texts of n_b tokens each, B texts padded to the longest (T), R = Σ n_b tokens in all:
 * input_ids, attention_mask, token_type_ids (zeros) and pooling_mask [B, T], and where tokens stand (see `TOKEN_INPUTS`), as far as the graph has them. Only the lengths matter where it does not read ids.
 */
export function textFeeds(
  texts: readonly { readonly length: number; readonly [t: number]: number }[],
  { inputs, padId, skipped = [] }: TextFeedOptions,
): Record<string, Tensor> {
  const B = texts.length;
  // Texts without tokens are padding alone, and there is some.
  const T = Math.max(1, ...texts.map(({ length }) => length));
  const R = texts.reduce((sum, { length }) => sum + length, 0);
  const ids = new BigInt64Array(B * T).fill(BigInt(padId));
  const mask = new BigInt64Array(B * T);
  const pooled = new BigInt64Array(B * T);
  const rows = new BigInt64Array(R);
  const slots = new BigInt64Array(B * T).fill(BigInt(R));
  let row = 0;
  for (const [i, text] of texts.entries()) {
    const first = Math.min(skipped[i] ?? 0, text.length - 1);
    for (let t = 0; t < text.length; t++, row++) {
      const slot = i * T + t;
      if (t >= first) pooled[slot] = 1n;
      ids[slot] = BigInt(text[t]);
      mask[slot] = 1n;
      rows[row] = BigInt(slot);
      slots[slot] = BigInt(row);
    }
  }
  const groups = attentionGroups(texts.map(({ length }) => length));
  const all: Record<string, Tensor> = {
    ...attentionFeeds(groups, { R, T }),
    input_ids: int64([B, T], ids),
    attention_mask: int64([B, T], mask),
    [POOLING_MASK]: int64([B, T], pooled),
    token_type_ids: int64([B, T], new BigInt64Array(B * T)),
    [TOKEN_INPUTS.rows]: int64([R], rows),
    [TOKEN_INPUTS.slots]: int64([B * T], slots),
  };
  return Object.fromEntries(Object.entries(all).filter(([name]) => inputs.includes(name)));
}

/** Where the tokens of each text stand in attention. */
function attentionFeeds(
  { firstPlaces, lengths, groups }: TextGroups,
  { R, T }: { readonly R: number; readonly T: number },
): Record<string, Tensor> {
  const rows = new BigInt64Array(R);
  const slots = new BigInt64Array(groups * T).fill(BigInt(R));
  let row = 0;
  for (const [i, length] of lengths.entries()) {
    for (let t = 0; t < length; t++, row++) {
      const place = firstPlaces[i] + t;
      rows[row] = BigInt(place);
      slots[place] = BigInt(row);
    }
  }
  return {
    [TOKEN_INPUTS.attentionRows]: int64([R], rows),
    [TOKEN_INPUTS.attentionSlots]: int64([groups, T], slots),
  };
}

/** Token vectors of texts, [n_b, H] each, as a padded batch [B, T, H] with zeros behind shorter texts. */
export function paddedFeed(texts: readonly Float32Array[], width: number): Tensor {
  const T = Math.max(0, ...texts.map(({ length }) => length / width));
  const data = new Float32Array(texts.length * T * width);
  for (const [i, text] of texts.entries()) data.set(text, i * T * width);
  return float32([texts.length, T, width], data);
}

/** Token vectors of texts, [n_b, H] each, one after the other: rows [R, H]. */
export function rowFeed(texts: readonly Float32Array[], width: number): Tensor {
  const length = texts.reduce((sum, text) => sum + text.length, 0);
  const data = new Float32Array(length);
  let offset = 0;
  for (const text of texts) {
    data.set(text, offset);
    offset += text.length;
  }
  return float32([length / width, width], data);
}
