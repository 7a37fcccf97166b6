import { batchCursor } from "../../dataset/batches/sampler.js";
import type { Encoder } from "../../encoder/encoder.js";
import { makeBatch } from "../batches/run-texts.js";
import { interpolationOf } from "../options/interpolation.js";
import type { TrainSettings } from "../options/settings.js";
import { foldedSteps, type TrainingPlan, trainedTexts } from "../plan/plan.js";
import type { ExpectedTime } from "../run-folder/events.js";

/** How many texts are timed, one sample after another; the first ones warm up, and the fast get more than one reading of the largest. */
const SAMPLES = [4, 16, 64, 64, 64, 64];

/** Seconds of a sample, and of all, after which no further one is timed: the timing takes about two seconds at most. */
const [ENOUGH, ENOUGH_TOGETHER] = [0.4, 0.6];

/**
 * What a token costs in a step, in tokens that are only read: forward once, backward twice, and the update. Processor time, one thread,
 * texts of 20 tokens, batches of 43: full 3.7 for encoders of 3 and of 12 layers, LoRA 2.4 of 12; last:1 1.3 of 3 and 0.4 of 12, of
 * which the first is taken.
 */
const COST = { full: 3.7, lora: 2.4, last: 1.3 } as const;

/** What every run takes beside its texts: the step is built, model and report are written. Processor time of short runs: 2 to 3 s. */
const BESIDE = 2;

/** Seconds of a head's update for a row of its batch: 271 updates a second of 256 rows (bench/head.js). */
const HEAD_ROW = 1 / (271 * 256);

/**
 * Times the encoder on some texts of a run's first batch and reckons what is left of the run after step `made` by tokens. Vectors are thrown away and nothing
 * random is drawn, so that a run is the same with it and without.
 */
export async function expectedTime(
  plan: TrainingPlan,
  encoder: Encoder,
  made = 0,
): Promise<ExpectedTime> {
  const texts = firstTexts(plan);
  const perStep = countTokens(encoder, texts);
  const tokensPerSecond = await readingRate(encoder, texts);
  const tokens = tokensLeft(plan, made, { perStep, perText: perStep / texts.length });
  const { tune, batchSize, accumulate } = plan.settings;
  const updates = plan.steps - made + foldedSteps(plan);
  const rows = tune === "head" ? updates * accumulate * batchSize : 0;
  return { seconds: BESIDE + rows * HEAD_ROW + tokens / tokensPerSecond, tokensPerSecond };
}

/** Tokens a second, the fastest sample counting. */
async function readingRate(encoder: Encoder, texts: readonly string[]): Promise<number> {
  let [best, together] = [0, 0];
  for (const size of SAMPLES) {
    const every = Math.ceil(texts.length / size);
    const sample = texts.filter((_, i) => i % every === 0);
    const tokens = countTokens(encoder, sample);
    const start = performance.now();
    await encoder.encode(sample, { prompt: "" });
    const seconds = (performance.now() - start) / 1000;
    best = Math.max(best, tokens / seconds);
    together += seconds;
    if (seconds > ENOUGH || together > ENOUGH_TOGETHER) break;
  }
  return best;
}

interface TokenCounts {
  readonly perStep: number;
  readonly perText: number;
}

/** Tokens still to be read after so many steps; those of a step count as often as they cost. */
function tokensLeft(plan: TrainingPlan, made: number, { perStep, perText }: TokenCounts): number {
  const { settings, evalEvery, evaluator } = plan;
  const { own, trained } = evaluator.embeds;
  // Vectors of a frozen encoder are kept.
  if (settings.tune === "head") return (trainedTexts(plan) + own) * perText;
  const measured = (own + trained) * perText;
  const steps = plan.steps - made;
  const line = interpolationOf(settings, plan);
  // Start and result, those between the steps, and the points of the line beyond its start.
  const evaluations =
    2 + Math.ceil(steps / evalEvery) + (line.kind === "search" ? line.alphas.length - 1 : 0);
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
