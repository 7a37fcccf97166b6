import type { PlannedBatch } from "../../dataset/batches/sampler.js";
import { int64, type Tensor } from "../../math/tensor.js";
import type { TextBatch } from "../batches/batch-maker.js";
import type { Feeds } from "../batches/head-feeds.js";
import type { TokenTable } from "../batches/token-table.js";
import type { StepBatch } from "./update-method.js";

/** A batch whose texts go through the encoder; roles of vectors are fed the slots of their texts. */
export interface EncoderBatch extends StepBatch {
  /** Numbers of the texts that are embedded, each once unless `views` is set; a text's place here is its slot. */
  readonly numbers: Int32Array;
  /** Token ids by slot. */
  readonly ids: readonly Int32Array[];
  /** By slot: tokens at the beginning that are not pooled. */
  readonly skipped?: readonly number[] | undefined;
  /** What the dropout masks of the batch are drawn from. */
  readonly counter: { readonly epoch: number; readonly batch: number };
}

interface EncoderBatchOptions {
  readonly tokens: TokenTable;
  /** Inputs of the objective beside texts. */
  readonly feeds: (batch: TextBatch) => Feeds;
  /** Whether a text gets a slot for each role it is in, so that each has a dropout mask of its own. */
  readonly views: boolean;
  /** Leaves out tokens of the slots, where the run asks for it. */
  readonly cut?: (ids: readonly Int32Array[], planned: PlannedBatch) => readonly Int32Array[];
}

/** Gives each text of a batch a slot and each role the slots of its texts. */
export function encoderBatch(
  texts: TextBatch,
  planned: PlannedBatch,
  options: EncoderBatchOptions,
): EncoderBatch {
  const places = new Map<string, number>();
  const numbers: number[] = [];
  const slotOf = (number: number, role: string): number => {
    const key = options.views ? `${role} ${number}` : String(number);
    const known = places.get(key);
    if (known !== undefined) return known;
    places.set(key, numbers.length);
    return numbers.push(number) - 1;
  };
  const slots: Record<string, Tensor> = {};
  for (const [role, members] of Object.entries(texts.texts)) {
    slots[role] = int64(
      [members.length],
      Array.from(members, (number) => slotOf(number, role)),
    );
  }
  const whole = numbers.map((number) => options.tokens.idsOf(number));
  const ids = options.cut?.(whole, planned) ?? whole;
  return {
    texts,
    numbers: Int32Array.from(numbers),
    ids,
    skipped: numbers.map(options.tokens.skippedOf),
    tokens: ids.reduce((sum, { length }) => sum + length, 0),
    feeds: { ...options.feeds(texts), ...slots },
    counter: { epoch: planned.epoch, batch: planned.batch },
  };
}
