import { internal } from "../../errors/internal.js";
import type { DropoutSite } from "../../graph/rewrites/dropout.js";
import { float32, sizeOf, type Tensor } from "../../math/tensor.js";
import type { MaskFiller, MaskRun } from "../../optim/dropout-mask.js";
import { attentionGroups } from "./attention-groups.js";

/** A batch, or a part of one, for which masks are made. */
interface MaskedTexts {
  /** Tokens of each text. */
  readonly lengths: readonly number[];
  /** Tokens of the batch before these: parts of a batch then have parts of its masks. Default 0. */
  readonly firstRow?: number;
  readonly seed: number;
  /** The update, 1, 2, … */
  readonly step: number;
}

/** Places that an attention weight's key positions take in the numbering of a mask. */
const MOST_TOKENS = 4096;

/**
 * Masks for the dropout sites of a step. What is dropped depends on seed, step, site, the token's number in the batch, head,
 * feature or key alone: it is the same however texts are padded, grouped or cut into parts. Padding is 0.
 */
export function dropoutFeeds(
  filler: MaskFiller,
  sites: readonly DropoutSite[],
  texts: MaskedTexts,
): Record<string, Tensor> {
  const { seed, step } = texts;
  const masks = sites.map(({ name, rate, shape }) => {
    const { dims, runs } = layoutOf(shape, texts);
    const length = sizeOf(dims);
    const data = filler.fill({ seed, step, site: name }, rate, { length, runs });
    return [name, float32(dims, data)] as const;
  });
  return Object.fromEntries(masks);
}

function layoutOf(
  shape: DropoutSite["shape"],
  texts: MaskedTexts,
): { readonly dims: readonly number[]; readonly runs: Iterable<MaskRun> } {
  const B = texts.lengths.length;
  const T = Math.max(0, ...texts.lengths);
  const [lead, second, third] = shape;
  if (shape.length === 2 && typeof second === "number") {
    const R = texts.lengths.reduce((sum, length) => sum + length, 0);
    return { dims: [R, second], runs: [featureRun(texts, 0, R, second)] };
  }
  if (shape.length === 3 && typeof third === "number")
    return { dims: [B, T, third], runs: paddedRuns(texts, T, third) };
  if (shape.length === 4 && typeof second === "number") {
    const groups = attentionGroups(texts.lengths);
    const inGroups = lead === "G";
    const first = inGroups ? groups.firstPlaces : Int32Array.from({ length: B }, (_, b) => b * T);
    const dims = [inGroups ? groups.groups : B, second, T, T];
    return { dims, runs: attentionRuns(texts, { first, T, heads: second }) };
  }
  return internal(`a mask of shape [${shape.join(", ")}] is not known`);
}

/** All features of consecutive rows. */
function featureRun(texts: MaskedTexts, target: number, rows: number, size: number): MaskRun {
  return { target, place: (texts.firstRow ?? 0) * size, length: rows * size };
}

function* paddedRuns(texts: MaskedTexts, T: number, size: number): Generator<MaskRun> {
  let row = texts.firstRow ?? 0;
  for (const [b, length] of texts.lengths.entries()) {
    yield { target: b * T * size, place: row * size, length: length * size };
    row += length;
  }
}

/** The keys of one text for each query and head; `first` are the places g·T + s of the texts' first tokens. */
function* attentionRuns(
  texts: MaskedTexts,
  at: { readonly first: Int32Array; readonly T: number; readonly heads: number },
): Generator<MaskRun> {
  const { first, T, heads } = at;
  let row = texts.firstRow ?? 0;
  for (const [b, length] of texts.lengths.entries()) {
    const group = Math.floor(first[b] / T);
    const start = first[b] % T;
    for (let i = 0; i < length; i++, row++) {
      for (let head = 0; head < heads; head++) {
        const target = ((group * heads + head) * T + start + i) * T + start;
        yield { target, place: (row * heads + head) * MOST_TOKENS, length };
      }
    }
  }
}
