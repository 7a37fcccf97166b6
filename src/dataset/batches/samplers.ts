import { counted } from "../../errors/counted.js";
import { UserError } from "../../errors/user-error.js";
import { createRandom, permutation, type Random } from "../../math/random.js";
import { keyLists, type PackItems, pack } from "./packing.js";
import type { PairIndex } from "./pair-index.js";
import { plannedOnce, type Sampler } from "./sampler.js";

interface SamplerOptions {
  /** Rows in a batch (texts, for classes). */
  readonly batchSize: number;
  readonly seed: number;
  /** false: file order, consecutive rows, no rule about repetitions. Default true. */
  readonly shuffle?: boolean;
  /** A batch with fewer rows is left out. */
  readonly leastRows?: number;
}

interface PairSamplerOptions extends SamplerOptions {
  /**
   * "text" (default): no anchor or positive twice in a batch, in any role, and negatives not twice as far as possible. "component": besides, no
   * two connected rows, for objectives that take no mask.
   */
  readonly avoid?: "text" | "component";
}

/** Rows in random order, each once an epoch; the last batch may be short. */
export function plainSampler(rows: number, options: SamplerOptions): Sampler {
  const { batchSize, leastRows = 1 } = options;
  return plannedOnce(
    (epoch) => {
      const order =
        options.shuffle === false ? undefined : permutation(rows, epochRandom(options.seed, epoch));
      const all = Int32Array.from({ length: rows }, (_, i) => order?.[i] ?? i);
      const batches: Int32Array[] = [];
      for (let start = 0; start < rows; start += batchSize)
        batches.push(all.slice(start, start + batchSize));
      const short = (batches.at(-1)?.length ?? 0) < leastRows ? batches.pop() : undefined;
      return { batches, unused: short ?? new Int32Array(0) };
    },
    () => tooFewRows(rows, leastRows),
  );
}

/**
 * Pair rows, each once an epoch, so that no batch holds a text twice. Rows that would conflict wait for a later batch; what is left in
 * the end in batches of fewer than `leastRows` (default 2: one row has no in-batch negative) stays unused in this epoch.
 */
export function pairSampler(index: PairIndex, options: PairSamplerOptions): Sampler {
  const { batchSize, seed, leastRows = 2 } = options;
  const rows = index.anchors.length;
  if (options.shuffle === false) return plainSampler(rows, { leastRows, ...options });
  const items = pairItems(index, options.avoid ?? "text");
  const legal = (batch: readonly number[]): boolean =>
    batch.length >= Math.min(leastRows, batchSize);
  return plannedOnce(
    (epoch) => {
      const order = permutation(rows, epochRandom(seed, epoch));
      const packed = pack(items, order, { capacity: batchSize, legal });
      return {
        batches: packed.batches.map((b) => Int32Array.from(b)),
        unused: Int32Array.from(packed.unused),
      };
    },
    () => (rows < leastRows ? tooFewRows(rows, leastRows) : allConnected(rows, leastRows)),
  );
}

/** The numbers an epoch is drawn with. */
export function epochRandom(seed: number, epoch: number): Random {
  return createRandom(seed, `sampler/${epoch}`);
}

/**
 * By texts: anchors and positives are hard, explicit negatives soft. By components: a row's component stands for its texts, and a negative that
 * belongs to a component stands for it.
 */
function pairItems(index: PairIndex, avoid: "text" | "component"): PackItems {
  const rows = index.anchors.length;
  const texts = index.texts.length;
  const keyCount = texts + rows;
  if (avoid === "text") {
    const hard = keyLists(rows, (row, add) => {
      add(index.anchors[row]);
      add(index.positives[row]);
    });
    return { hard, soft: { start: index.negativeStart, keys: index.negatives }, keyCount };
  }
  const hard = keyLists(rows, (row, add) => add(texts + index.components[row]));
  const keys = index.negatives.map((text) => {
    const component = index.textComponents[text];
    return component < 0 ? text : texts + component;
  });
  return { hard, soft: { start: index.negativeStart, keys }, keyCount };
}

function tooFewRows(rows: number, least: number): UserError {
  return new UserError(
    "too-few-rows",
    `${counted(rows, "row is", "rows are")} left to train on, expected at least ${least}`,
    {
      hint: "add rows",
    },
  );
}

function allConnected(rows: number, least: number): UserError {
  return new UserError(
    "no-legal-batch",
    `no batch of ${least} rows can be made: all ${rows} rows share a text or a group with each other, so none can be a negative of another`,
    { hint: "add rows with other texts, or check the columns: --columns anchor=…,positive=…" },
  );
}
