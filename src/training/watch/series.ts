import { mean } from "../../math/statistics.js";
import type { EvaluationRecord, StepRecord } from "../run-folder/events.js";

/** What of a run is fixed before it begins. */
export interface WatchedRun {
  /** Updates in all, and those over which the rate rises. */
  readonly steps: number;
  readonly warmup: number;
  /** The deciding metric; higher is better. */
  readonly metric: string;
}

/** What a run has logged so far, in order. */
export interface Series {
  readonly run: WatchedRun;
  readonly updates: readonly StepRecord[];
  /** The first is the start. */
  readonly evaluations: readonly EvaluationRecord[];
}

/** Something that goes wrong: what was measured, what it was held against, and the sentence with its remedy. */
interface Finding {
  readonly value: number;
  readonly limit: number;
  readonly message: string;
}

/** Looks at what was logged last; undefined: nothing to say. */
export type Rule = (series: Series) => Finding | undefined;

/** Mean of the losses of these updates. */
export function meanLoss(updates: readonly Pick<StepRecord, "loss">[]): number {
  return mean(updates.map(({ loss }) => loss));
}

/** 0.04213 → `0.0421`, 12.3456 → `12.3`. */
export function figure(value: number): string {
  return String(Number(value.toPrecision(3)));
}
