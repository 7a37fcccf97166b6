import { internal } from "../../errors/internal.js";
import { float32, int64, type Tensor } from "../../math/tensor.js";
import type { Gather } from "../auxiliary/feeds.js";
import type { TextBatch } from "../batches/batch-maker.js";
import type { Feeds } from "../batches/head-feeds.js";
import type { RunContext } from "../model/run-context.js";
import { queueSize } from "../model/step-options.js";

interface QueueOptions {
  /** Q: candidates that are kept. */
  readonly size: number;
  /** D: numbers of an embedding. */
  readonly dimension: number;
  /** Component of each text of the run by number: see `RunTexts`. */
  readonly components: Int32Array;
  /** The guide's vectors by text number and their size, where there is a guide. */
  readonly guide?: { readonly gather: Gather; readonly dimension: number } | undefined;
}

/** The last Q candidates of earlier batches (XBM, Wang et al. 2020): texts with the embeddings they had then. */
interface CandidateQueue {
  /**
   * Adds `queue` [Q,D], the mask's columns for it and, with a guide, `guideQueue` to a batch's feeds. Empty places and texts of an
   * anchor's own component are masked. `remember` takes the batch's candidates [N,D] after the update.
   */
  readonly extend: (
    batch: TextBatch,
    feeds: Feeds,
  ) => { readonly feeds: Feeds; readonly remember: (candidates: Tensor) => void };
  /** Everything in it, for a checkpoint. */
  readonly tensors: () => ReadonlyMap<string, Tensor>;
  /** Takes back what `tensors` gave; nothing of it: an empty queue. */
  readonly restore: (tensors: ReadonlyMap<string, Tensor>) => void;
}

/** What a run on a batch gives back to the queue. */
interface QueuedRun {
  /** The batch's own candidates [N,D]. */
  readonly candidates?: Tensor | undefined;
  /** False: the run came to nothing, and its candidates are not kept. */
  readonly finite?: boolean;
}

/** Runs with the queue's inputs added to those of the batch, and lets the queue take the batch's candidates. */
export async function runQueued<R extends QueuedRun>(
  queue: CandidateQueue | undefined,
  { texts, feeds }: { readonly texts: TextBatch; readonly feeds: Feeds },
  run: (feeds: Feeds) => Promise<R>,
): Promise<R> {
  if (queue === undefined) return run(feeds);
  const queued = queue.extend(texts, feeds);
  const result = await run(queued.feeds);
  if (result.finite !== false && result.candidates !== undefined)
    queued.remember(result.candidates);
  return result;
}

/** The queues of the groups of a run. */
export interface GroupQueues {
  /** By group; undefined where its objective uses none. */
  readonly of: (group: number) => CandidateQueue | undefined;
  /** Everything in them, for a checkpoint. */
  readonly tensors: () => ReadonlyMap<string, Tensor>;
  readonly restore: (tensors: ReadonlyMap<string, Tensor>) => void;
}

/** The queue of each group whose objective uses one. `others` gives another model's vectors. */
export function openQueues(
  { plan, head, auxiliary }: RunContext,
  others: Gather | undefined,
): GroupQueues {
  const { components } = plan.texts;
  const guide = others && auxiliary && { gather: others, dimension: auxiliary.dimension };
  const queues = plan.groups.map((group) => {
    const size = queueSize(group);
    if (size === 0) return undefined;
    return createCandidateQueue({ size, dimension: head.outputDim, components, guide });
  });
  return groupQueues(
    queues,
    plan.groups.map(({ prefix }) => prefix),
  );
}

/** Several queues as one; names of a group's tensors begin with its prefix. */
function groupQueues(
  queues: readonly (CandidateQueue | undefined)[],
  prefixes: readonly string[],
): GroupQueues {
  return {
    of: (group) => queues[group],
    tensors: () =>
      new Map(
        queues.flatMap((queue, i) =>
          [...(queue?.tensors() ?? [])].map(
            ([name, tensor]) => [prefixes[i] + name, tensor] as const,
          ),
        ),
      ),
    restore: (tensors) => {
      for (const [i, queue] of queues.entries()) {
        const names = [...(queue?.tensors().keys() ?? [])];
        const kept = names.flatMap((name) => {
          const tensor = tensors.get(prefixes[i] + name);
          return tensor === undefined ? [] : [[name, tensor] as const];
        });
        queue?.restore(new Map(kept));
      }
    },
  };
}

/** An empty queue. */
export function createCandidateQueue(options: QueueOptions): CandidateQueue {
  const { size, dimension } = options;
  const vectors = new Float32Array(size * dimension);
  const texts = new Int32Array(size).fill(-1);
  let next = 0;
  const remember = (kept: Kept, candidates: Tensor): void => {
    for (const { text, column } of kept) {
      const start = column * dimension;
      const vector = (candidates.data as Float32Array).subarray(start, start + dimension);
      vectors.set(vector, next * dimension);
      texts[next] = text;
      next = (next + 1) % size;
    }
  };
  return {
    extend: (batch, feeds) => {
      const rows = batch.components ?? internal("a queue without pairs");
      const kept = keptCandidates(batch.texts, { rows: rows.length, mask: feeds.mask });
      const added = { queue: float32([size, dimension], vectors.slice()) };
      const mask = widerMask(feeds.mask, queueMask(rows, texts, options), rows.length);
      return {
        feeds: { ...feeds, ...added, mask, ...guideFeeds(texts, options) },
        remember: (candidates) => remember(kept, candidates),
      };
    },
    tensors: () =>
      new Map([
        ["queue.vectors", float32([size, dimension], vectors.slice())],
        ["queue.texts", int64([size], [...texts])],
        ["queue.next", int64([], [next])],
      ]),
    restore: (tensors) => {
      vectors.set((tensors.get("queue.vectors")?.data as Float32Array) ?? vectors.fill(0));
      const known = tensors.get("queue.texts")?.data;
      texts.forEach((_, i) => {
        texts[i] = Number(known?.[i] ?? -1);
      });
      next = Number(tensors.get("queue.next")?.data[0] ?? 0);
    },
  };
}

/** Candidates of a batch that the queue takes: text number and column. */
type Kept = readonly { readonly text: number; readonly column: number }[];

/** Candidates that are a negative, or the positive, of some anchor of their batch: what fills up missing negatives is none. */
function keptCandidates(
  texts: TextBatch["texts"],
  { rows: B, mask }: { readonly rows: number; readonly mask: Tensor | undefined },
): Kept {
  const columns = [...(texts.positives ?? []), ...(texts.negatives ?? [])];
  const N = columns.length;
  const isUsed = (column: number): boolean => {
    if (column < B || mask === undefined) return true;
    for (let i = 0; i < B; i++) if (Number(mask.data[i * N + column]) === 0) return true;
    return false;
  };
  return columns.map((text, column) => ({ text, column })).filter(({ column }) => isUsed(column));
}

/** [B,Q], 1 where a place is empty or its text is of the component of the anchor's row. */
function queueMask(rows: Int32Array, texts: Int32Array, { components }: QueueOptions): Uint8Array {
  const mask = new Uint8Array(rows.length * texts.length);
  rows.forEach((component, i) => {
    texts.forEach((text, j) => {
      if (text < 0 || components[text] === component) mask[i * texts.length + j] = 1;
    });
  });
  return mask;
}

/** [B,N] and [B,Q] side by side. */
function widerMask(mask: Tensor | undefined, added: Uint8Array, B: number): Tensor {
  const Q = added.length / B;
  const N = mask === undefined ? 0 : mask.data.length / B;
  const data = new Uint8Array(B * (N + Q));
  for (let i = 0; i < B; i++) {
    if (mask !== undefined)
      data.set((mask.data as Uint8Array).subarray(i * N, (i + 1) * N), i * (N + Q));
    data.set(added.subarray(i * Q, (i + 1) * Q), i * (N + Q) + N);
  }
  return { dtype: "bool", shape: [B, N + Q], data };
}

function guideFeeds(texts: Int32Array, { guide, size }: QueueOptions): Feeds {
  if (guide === undefined) return {};
  const { data } = guide.gather(texts.map((text) => Math.max(0, text)));
  return { guideQueue: float32([size, guide.dimension], data) };
}
