import { throwIfInterrupted } from "../errors/interrupted.js";
import { UserError } from "../errors/user-error.js";
import type { Matrix, Tensor } from "../math/tensor.js";
import { batchesByLength, batchFeeds, type TokenizedText } from "./batching.js";
import { encodeStatic } from "./static/encode-static.js";
import type { Tokenizer } from "./tokenizer.js";

/** How to encode; nothing in it changes the vectors but `prompt`. */
export interface EncodeOptions {
  /** Put before every text; default: the model's own default prompt, mostly none. */
  readonly prompt?: string | undefined;
  /** Most texts in a batch. Batches are limited to 2,048 tokens (or one text) in any case. */
  readonly batchSize?: number | undefined;
  /** Told after every batch how many of the texts are done. */
  readonly onProgress?: ((done: number) => void) | undefined;
  /** Stops between batches with an InterruptedError. */
  readonly signal?: AbortSignal | undefined;
}

/** What encoding needs of a loaded model. */
export interface EncodingModel {
  /** Runs one batch: feeds → pooled vectors [B, D]. */
  readonly run: (feeds: Record<string, Tensor>) => Promise<Tensor>;
  readonly tokenizer: Tokenizer;
  /** Names of the model's inputs. */
  readonly inputs: readonly string[];
  /** Tokens a text may have, special ones included. */
  readonly maxLength: number;
  readonly dimension: number;
  /** Tokens at the beginning of a text that are not pooled. */
  readonly promptTokens: (text: string) => number;
  /** Whether vectors are divided by sqrt(Σx² + 1e-12). */
  readonly normalize: boolean;
  readonly defaultPrompt: string;
  /** The table of a static model: its rows are looked up and `run` is not used. */
  readonly table?: Tensor | undefined;
}

/**
 * Tokens in a batch, padding included. From 1,000 on the rate hardly rises; above 4,000 the intermediate results leave the
 * processor's cache.
 */
const BATCH_TOKENS = 2048;

/** Characters of text that are tokenised at a time, for about 8 batches: sorted together, and all that is held as tokens. */
const CHUNK_CHARACTERS = 65_536;

/** Batches handed to the runtime before the first result is awaited, so that it never waits for the tokenizer. */
const BATCHES_AHEAD = 2;

/**
 * The vectors of the texts, one row a text, in their order. Equal texts are encoded once. Texts are batched by length, so that
 * almost nothing is padded, and tokenised while the runtime works on earlier batches.
 */
export async function encodeTexts(
  model: EncodingModel,
  texts: readonly string[],
  options: EncodeOptions = {},
): Promise<Matrix> {
  const { table } = model;
  if (table !== undefined) return encodeStatic({ ...model, table }, texts, options);
  const rows = new Float32Array(texts.length * model.dimension);
  const places = placesOf(texts);
  let done = 0;
  const runBatch = async (batch: readonly TokenizedText[], distinct: readonly string[]) => {
    const vectors = await model.run(batchFeeds(batch, model.tokenizer.padId, model.inputs));
    batch.forEach(({ index }, row) => {
      const text = distinct[index];
      const vector = vectorOf(vectors, row, model);
      if (vector === undefined) throw notFinite(text);
      const targets = places.get(text)!;
      for (const place of targets) rows.set(vector, place * model.dimension);
      done += targets.length;
    });
    options.onProgress?.(done);
  };
  // Longest first: memory is at its peak at once, and time left is not estimated too low.
  const distinct = [...places.keys()].sort((a, b) => b.length - a.length);
  const running: Promise<void>[] = [];
  try {
    for (const batch of tokenizedBatches(model, distinct, options)) {
      throwIfInterrupted(options.signal);
      if (running.length === BATCHES_AHEAD) await running.shift();
      running.push(quiet(runBatch(batch, distinct)));
    }
    await Promise.all(running);
  } finally {
    await Promise.allSettled(running);
  }
  return { rows: texts.length, cols: model.dimension, data: rows };
}

/** Text → the rows that it stands in. */
function placesOf(texts: readonly string[]): Map<string, number[]> {
  const places = new Map<string, number[]>();
  texts.forEach((text, i) => {
    const known = places.get(text);
    if (known === undefined) places.set(text, [i]);
    else known.push(i);
  });
  return places;
}

/** Tokenises chunk by chunk; the last, incomplete batch of a chunk joins the next one. */
function* tokenizedBatches(
  model: EncodingModel,
  texts: readonly string[],
  options: EncodeOptions,
): Generator<TokenizedText[]> {
  const prompt = options.prompt ?? model.defaultPrompt;
  const limits = { tokens: BATCH_TOKENS, texts: options.batchSize ?? Number.POSITIVE_INFINITY };
  let chunk: TokenizedText[] = [];
  let characters = 0;
  for (const [index, text] of texts.entries()) {
    const whole = prompt + text;
    const ids = model.tokenizer.encode(whole, model.maxLength);
    chunk.push({ index, ids, skipped: model.promptTokens(whole) });
    characters += text.length;
    if (characters < CHUNK_CHARACTERS) continue;
    const batches = batchesByLength(chunk, limits);
    chunk = batches.pop() ?? [];
    characters = 0;
    yield* batches;
  }
  yield* batchesByLength(chunk, limits);
}

/** The vector of a text, normalised if the model asks for it; undefined when it is not finite. */
function vectorOf(vectors: Tensor, row: number, model: EncodingModel): Float32Array | undefined {
  const { dimension } = model;
  const vector = (vectors.data as Float32Array).subarray(row * dimension, (row + 1) * dimension);
  const norm = Math.sqrt(vector.reduce((sum, x) => sum + x * x, 1e-12));
  if (!Number.isFinite(norm)) return undefined;
  return model.normalize ? vector.map((x) => x / norm) : vector;
}

function notFinite(text: string): UserError {
  const shown = JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}…` : text);
  return new UserError(
    "non-finite-vector",
    `the model's vector of the text ${shown} is not finite`,
    {
      hint: "its weights are damaged, or too large for half precision",
    },
  );
}

/** The promise, whose failure may be awaited later than it happens. */
function quiet<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => undefined);
  return promise;
}

/**
 * Encodes parts of a stream one after the other, each as `encodeTexts` does: memory depends on the size of the parts, not on
 * their number. The next part is begun before the last one is handed out.
 */
export async function* encodeStream(
  model: EncodingModel,
  parts: AsyncIterable<readonly string[]> | Iterable<readonly string[]>,
  options: EncodeOptions = {},
): AsyncGenerator<Matrix> {
  let before = 0;
  let reported = 0;
  let pending: Promise<Matrix> | undefined;
  try {
    for await (const part of parts) {
      const start = before;
      before += part.length;
      const onProgress = (done: number) => {
        // Two parts overlap: the end of one may be reported after the beginning of the next.
        reported = Math.max(reported, start + done);
        options.onProgress?.(reported);
      };
      const earlier = pending;
      pending = quiet(encodeTexts(model, part, { ...options, onProgress }));
      if (earlier !== undefined) yield await earlier;
    }
    if (pending !== undefined) yield await pending;
  } finally {
    await pending?.catch(() => undefined);
  }
}
