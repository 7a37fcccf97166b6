import type { Matrix } from "../math/tensor.js";
import type { Resampled } from "./resampling.js";

/** Which tower embeds a text, where the two differ (`--head-side query`, prompts). */
export type Side = "query" | "document";

/** Whether one text asks and others answer (`asking`), or the two sides are alike and get the default prompt. */
export type Sides = "asking" | "alike";

/** Embeds texts, one row a text, in order. */
export type Embed = (texts: readonly string[], side: Side) => Promise<Matrix>;

/** One number of an evaluation, 0–1 (or −1–1 for correlations), and the same number on a resample of its rows. */
export interface Metric {
  /** The key sentence-transformers writes: `spearman_cosine`, `cosine_mrr@10`, … */
  readonly key: string;
  readonly value: number;
  /** Absent where resampling rows has no meaning (thresholds). */
  readonly resampled?: Resampled;
}

/** The result of one evaluator on one model. */
export interface Evaluation {
  readonly task: Task;
  /** Number of rows that a resample draws from. */
  readonly rows: number;
  readonly metrics: readonly Metric[];
}

/** Name of an evaluator in the registry, `none` where nothing is measured. */
export type Task = string;

/** A measuring set, ready to score any model. */
export interface Evaluator {
  readonly task: Task;
  readonly sides: Sides;
  /** The metric that decides, unless the user chooses another. */
  readonly primary: string;
  /** Keys of all metrics it gives. */
  readonly keys: readonly string[];
  readonly rows: number;
  /** `teacher` embeds with the model to be imitated, for evaluators that compare with it. */
  readonly run: (embed: Embed, teacher?: Embed) => Promise<Evaluation>;
}

/** Measures nothing, for rows that have no answer. */
export const unmeasured: Evaluator = {
  task: "none",
  sides: "alike",
  primary: "none",
  keys: [],
  rows: 0,
  run: async () => ({ task: "none", rows: 0, metrics: [] }),
};

/** Whether the evaluator measures anything. */
export function measures({ keys }: Evaluator): boolean {
  return keys.length > 0;
}

/** The metric of that key; undefined when the evaluation has none. */
export function metricOf(evaluation: Evaluation, key: string): Metric | undefined {
  return evaluation.metrics.find((metric) => metric.key === key);
}
