import { createHash } from "node:crypto";
import { indexPairs, type PairIndex } from "../dataset/batches/pair-index.js";
import { fittingOptions } from "../dataset/fitting-options.js";
import { loadDataset } from "../dataset/load-dataset.js";
import type { Dataset, DatasetOf, PairRow } from "../dataset/rows/row-types.js";
import { type ShardRange, shardOf } from "../embeddings/shard.js";
import type { EncoderInfo } from "../encoder/encoder.js";
import { promptFor, requireKnownPrompts } from "../encoder/prompts.js";
import type { Matrix } from "../math/tensor.js";
import { type Candidates, findCandidates } from "../mining/candidates.js";
import { chooseNegatives } from "../mining/choose-negatives.js";
import { type Corpus, readCorpus } from "../mining/corpus.js";
import type { Mined, MinedPart } from "../mining/mined.js";
import { findNearest, type Nearest } from "../mining/nearest.js";
import { judgeScores } from "../mining/second-model.js";
import type { SelectionRules } from "../mining/select-negatives.js";
import {
  rowProduct,
  type TextSide,
  unitVectors,
  type VectorOptions,
} from "../mining/unit-vectors.js";
import { requireFitting } from "../options/values.js";
import { openRuntime, type Runtime } from "../runtime/runtime.js";
import { mineTable, rulesTable } from "./options/mine.js";
import { type JobOptions, requireControl, resolveJob } from "./options/shared.js";

/** What to mine and how (`mineTable`), and who listens. */
export type MineOptions = Omit<JobOptions<typeof mineTable>, "rules"> & {
  readonly rules: SelectionRules;
  readonly signal?: AbortSignal | undefined;
  readonly onEvent?: ((event: MineEvent) => void) | undefined;
};

export type MineEvent =
  | { readonly type: "data"; readonly dataset: Dataset; readonly candidates: number }
  | { readonly type: "model"; readonly info: EncoderInfo }
  | { readonly type: "note"; readonly message: string }
  | { readonly type: "encoding"; readonly done: number; readonly total: number }
  /** Products of a query and a document, of all that there are. */
  | { readonly type: "search"; readonly done: number; readonly total: number };

/**
 * Adds hard negatives to rows of pairs: the candidates nearest to each anchor, by exact search, without the positives and what equals them,
 * thinned out by the rules. UserError: as loadDataset (rows of pairs) and loadEncoder. An abort leaves what is needed to go on in the
 * cache folder. `shard` mines a part of the rows: each looks through all candidates, and the parts together are the whole.
 */
export async function mineNegatives(given: MineOptions): Promise<Mined> {
  const { signal, onEvent, ...job } = given;
  requireControl({ signal, onEvent });
  const { rules } = given;
  const options = { ...resolveJob("mine", mineTable, job), rules, signal, onEvent };
  const { threads } = options;
  requireFitting(rulesTable, rules, "rules of mine");
  requireKnownPrompts(options.prompts);
  const dataset = await loadPairs(options);
  const index = indexPairs(dataset.rows);
  const corpus = await corpusOf(options);
  const candidates = findCandidates(
    index,
    corpus?.texts.map(({ text }) => text),
  );
  onEvent?.({ type: "data", dataset, candidates: candidates.texts.length });
  for (const message of corpus?.notes ?? []) onEvent?.({ type: "note", message });
  const runtime = await openRuntime({ threads });
  try {
    const range = shardOf(options.shard, dataset.rows.length);
    const [from, to] = range === undefined ? [0] : [range.first, range.first + range.rows];
    const { anchors, positives } = index;
    const own = {
      ...index,
      anchors: anchors.subarray(from, to),
      positives: positives.subarray(from, to),
    };
    const rows = dataset.rows.slice(from, to);
    return await mineWith(runtime, { options, dataset, range, rows, index: own, candidates });
  } finally {
    await runtime.close();
  }
}

async function loadPairs(options: MineOptions): Promise<DatasetOf<"pair">> {
  // Kinds that are read or converted to pairs; a triplet is a pair already.
  const dataset = await loadDataset(options.data, { ...options, as: ["pair"] });
  return dataset as DatasetOf<"pair">;
}

async function corpusOf(options: MineOptions): Promise<Corpus | undefined> {
  const { corpus, data } = options;
  if (corpus === undefined) return undefined;
  return readCorpus(corpus, await fittingOptions(corpus, options, data));
}

/** Rows to be mined, and the candidates, which are those of all rows. */
interface Mining {
  readonly options: MineOptions & { readonly seed: number };
  readonly dataset: DatasetOf<"pair">;
  readonly range: ShardRange | undefined;
  readonly rows: readonly PairRow[];
  /** Of these rows, by the numbers of all texts. */
  readonly index: PairIndex;
  readonly candidates: Candidates;
}

async function mineWith(runtime: Runtime, mining: Mining): Promise<Mined> {
  const { options, dataset, range, rows, index, candidates } = mining;
  const { nearest, positives, info } = await search(runtime, mining);
  const judged =
    options.judge === undefined
      ? undefined
      : await judgeScores({
          index,
          candidates,
          nearest,
          rules: options.rules,
          vectors: { ...vectorOptions(options, runtime), model: options.judge },
        });
  const mined = chooseNegatives({
    rows,
    index,
    candidates,
    nearest,
    positives: judged?.positives ?? positives,
    judged: judged?.scoreOf,
    rules: options.rules,
    seed: options.seed,
    first: range?.first ?? 0,
  });
  return {
    ...mined,
    dataset,
    candidates: candidates.texts.length,
    model: info,
    judge: judged?.info,
    part: range && { ...range.shard, from: partFrom(mining, info, judged?.info) },
  };
}

/** What the choice depends on, which must be the same in all parts. */
function partFrom(
  { options, dataset, candidates }: Mining,
  model: EncoderInfo,
  judge: EncoderInfo | undefined,
): MinedPart["from"] {
  const hash = createHash("sha256");
  for (const text of candidates.texts) hash.update(`${text.length} ${text}`);
  return {
    "data's SHA-256": dataset.account.sha256,
    "candidates' SHA-256": hash.digest("hex"),
    "model's hash": model.hash,
    "judge's hash": judge?.hash ?? null,
    prompts: [promptFor(model, "query"), promptFor(model, "document")],
    rules: options.rules,
    seed: options.seed,
  };
}

interface Found {
  readonly nearest: Nearest;
  /** Product of each row's anchor and positive [n]. */
  readonly positives: Float32Array;
  readonly info: EncoderInfo;
}

/** Encodes, then searches; the vectors are gone afterwards. */
async function search(
  runtime: Runtime,
  { options, dataset, range, rows, index, candidates }: Mining,
): Promise<Found> {
  const anchors = distinct(index.anchors);
  const positiveIds = distinct(index.positives);
  const textsOf = (ids: Int32Array): string[] => Array.from(ids, (id) => index.texts[id]);
  const sides: TextSide[] = [
    { texts: textsOf(anchors), use: "query" },
    { texts: candidates.texts, use: "document" },
    { texts: textsOf(positiveIds), use: "document" },
  ];
  const { prompts } = options;
  const own = { ...vectorOptions(options, runtime), prompts, dtype: options.modelDtype };
  const { vectors, info } = await unitVectors(sides, own);
  const [queries, documents, positives] = vectors as [Matrix, Matrix, Matrix];
  const scores = pairScores(rows, index, { queries, positives, anchors, positiveIds });
  const nearest = await findNearest({
    runtime,
    index,
    candidates,
    anchors,
    queries,
    documents,
    rules: options.rules,
    cache: options.cache,
    key: [
      info.hash,
      promptFor(info, "query"),
      promptFor(info, "document"),
      dataset.account.sha256,
      candidates.texts.length,
      ...(range === undefined ? [] : [range.shard]),
    ],
    signal: options.signal,
    onProgress: (done) =>
      options.onEvent?.({ type: "search", done, total: queries.rows * documents.rows }),
  });
  return { nearest, positives: scores, info };
}

interface PairVectors {
  readonly queries: Matrix;
  readonly positives: Matrix;
  readonly anchors: Int32Array;
  readonly positiveIds: Int32Array;
}

function pairScores(rows: readonly PairRow[], index: PairIndex, found: PairVectors): Float32Array {
  const places = (ids: Int32Array): Map<number, number> =>
    new Map(Array.from(ids, (id, place) => [id, place]));
  const anchorAt = places(found.anchors);
  const positiveAt = places(found.positiveIds);
  return Float32Array.from(rows, (_, i) =>
    rowProduct(
      found.queries,
      anchorAt.get(index.anchors[i])!,
      found.positives,
      positiveAt.get(index.positives[i])!,
    ),
  );
}

function distinct(ids: Int32Array): Int32Array {
  return Int32Array.from(new Set(ids));
}

function vectorOptions(options: MineOptions, runtime: Runtime): VectorOptions {
  const { model, maxLength, pooling, allowDownload, cache, batchSize, signal, onEvent } = options;
  return {
    runtime,
    model,
    maxLength,
    pooling,
    allowDownload,
    cache,
    batchSize,
    signal,
    onNote: (message) => onEvent?.({ type: "note", message }),
    onModel: (info) => onEvent?.({ type: "model", info }),
    onEncoded: (done, total) => onEvent?.({ type: "encoding", done, total }),
  };
}
