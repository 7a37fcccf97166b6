import { batchCursor } from "../../dataset/batches/sampler.js";
import type { Encoder } from "../../encoder/encoder.js";
import { measures } from "../../evaluation/metric.js";
import { makeBatch } from "../batches/run-texts.js";
import type { TrainSettings } from "../options/settings.js";
import { type TrainingPlan, trainedTexts } from "../plan/plan.js";

/** How long a run will take, and the rate that this was reckoned from. */
export interface ExpectedTime {
  readonly seconds: number;
  /** Tokens that the encoder reads in a second, without learning. */
  readonly tokensPerSecond: number;
}

/** Texts that are timed. */
const TIMED = 64;

/**
 * What a token costs in a step, in tokens that are only read: forward once, backward twice, and the update. Processor time, one thread,
 * texts of 20 tokens, batches of 43: full 3.7 for encoders of 3 and of 12 layers, LoRA 2.4 of 12; last:1 1.3 of 3 and 0.4 of 12, of
 * which the first is taken.
 */
const COST = { full: 3.7, lora: 2.4, last: 1.3 } as const;

/** Times the encoder on the first texts of a run, twice, the faster counting, and reckons the run by tokens. */
export async function expectedTime(plan: TrainingPlan, encoder: Encoder): Promise<ExpectedTime> {
  const texts = firstTexts(plan);
  const sample = texts.slice(0, TIMED);
  const tokens = countTokens(encoder, sample);
  const times: number[] = [];
  for (let i = 0; i < 2; i++) {
    const start = performance.now();
    await encoder.encode(sample);
    times.push((performance.now() - start) / 1000);
  }
  const tokensPerSecond = tokens / Math.min(...times);
  const perText = tokens / sample.length;
  return {
    seconds: readTokens(plan, perText, countTokens(encoder, texts)) / tokensPerSecond,
    tokensPerSecond,
  };
}

/** Tokens to be read by the whole run; those of a step count as often as they cost. */
function readTokens(plan: TrainingPlan, perText: number, perStep: number): number {
  const { settings, steps, evalEvery, evaluator } = plan;
  const measured = measures(evaluator) ? 2 * evaluator.rows * perText : 0;
  if (settings.tune === "head") return trainedTexts(plan) * perText + measured;
  const evaluations = 2 + Math.ceil(steps / evalEvery);
  return steps * settings.accumulate * perStep * costOf(settings) + evaluations * measured;
}

function costOf({ tune }: Pick<TrainSettings, "tune">): number {
  if (tune === "full") return COST.full;
  return tune === "lora" ? COST.lora : COST.last;
}

/** The distinct texts of the first batch. */
function firstTexts(plan: TrainingPlan): string[] {
  const batch = makeBatch(plan, batchCursor(plan.sampler).next());
  const numbers = new Set(Object.values(batch.texts).flatMap((own) => [...own]));
  return [...numbers].map((number) => plan.texts.prompted[number]);
}

function countTokens(encoder: Encoder, texts: readonly string[]): number {
  return encoder.tokenize(texts).reduce((sum, { length }) => sum + length, 0);
}
