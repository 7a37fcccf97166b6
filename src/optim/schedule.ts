import { usageError } from "../errors/user-error.js";

export interface Schedule {
  readonly schedule: "linear" | "cosine" | "constant";
  /** Peak learning rate. */
  readonly rate: number;
  /** w: updates of linear warm-up, 0 or more. */
  readonly warmup: number;
  /** n: updates in all. */
  readonly steps: number;
}

/**
 * Learning rate of update t = 1 … n with peak rate r, warm-up w:
 *
 *     t ≤ w      r · t / w
 *     linear     r · (n − t) / (n − w)
 *     cosine     r · ½ (1 + cos(π (t − w) / (n − w)))      half a period (Loshchilov & Hutter 2017, without restarts)
 *     constant   r
 *
 * 0 beyond n for linear and cosine.
 */
export function learningRate(schedule: Schedule, t: number): number {
  const { rate, warmup, steps } = schedule;
  if (t <= warmup) return (rate * t) / warmup;
  if (schedule.schedule === "constant") return rate;
  if (t >= steps) return 0;
  const progress = (t - warmup) / (steps - warmup);
  if (schedule.schedule === "linear") return (rate * (steps - t)) / (steps - warmup);
  return rate * 0.5 * (1 + Math.cos(Math.PI * progress));
}

/**
 * Updates of warm-up among n: below 1 a share of them, ceil(share · n); from 1 on a whole number of updates.
 * The product is rounded to 1e-9 first, so that 0.07 · 100 = 7.000000000000001 gives 7.
 * Throws a usage error for anything else.
 */
export function warmupSteps(warmup: number, steps: number): number {
  if (warmup >= 0 && warmup < 1) return Math.ceil(Number((warmup * steps).toFixed(9)));
  if (Number.isSafeInteger(warmup) && warmup >= 1) return warmup;
  throw usageError(
    "bad-warmup",
    `the warm-up must be a share below 1 or a whole number of steps, got ${warmup}`,
    "for example --warmup 0.1, or --warmup 100",
  );
}
