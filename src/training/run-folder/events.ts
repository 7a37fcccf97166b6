import type { Glance } from "../../evaluation/metric.js";
import type { RewriteNote } from "../../graph/rewrite.js";

/** One line of log.jsonl for an update. */
export interface StepRecord {
  /** Number of updates made, from 1. */
  readonly step: number;
  /** Passes over the training data, as a fraction. */
  readonly epoch: number;
  readonly loss: number;
  /** With several files: the mean loss of the update's batches of each file that it has any of. */
  readonly losses?: Readonly<Record<string, number>> | undefined;
  /** L2 norm of all gradients before clipping. */
  readonly gradNorm: number;
  readonly lr: number;
  /** What the loss would be of vectors that tell nothing; absent where the objective has no such level. */
  readonly chance?: number | undefined;
  /** Share of the candidates of other rows that are left out as false negatives; absent where none are looked for. */
  readonly masked?: number | undefined;
  /** Tokens that went through the encoder; 0 where cached embeddings are used. */
  readonly tokens: number;
  readonly msPerStep: number;
}

/** One line of log.jsonl for an evaluation; step 0 is the base model. */
export interface EvaluationRecord {
  readonly step: number;
  readonly eval: Readonly<Record<string, number>>;
  /** How the vectors lie: the cheap figures of `evaluate --analyse`. */
  readonly analysis?: Glance | undefined;
}

/** One line of log.jsonl for a point (1−α)·start + α·tuned, measured when training has ended. */
export interface LineRecord {
  readonly alpha: number;
  readonly scores: Readonly<Record<string, number>>;
}

/** One line of log.jsonl for something that goes wrong while it trains. */
export interface WarningRecord {
  readonly step: number;
  /** What it is: `collapse`, `chance`, … */
  readonly warning: string;
  /** What was measured, and what it was held against. */
  readonly value: number;
  readonly limit: number;
  /** The sentence that is told, with its remedy. */
  readonly message: string;
}

/** How long a run will take, and the rate that this was reckoned from. */
export interface ExpectedTime {
  readonly seconds: number;
  /** Tokens that the encoder reads in a second, without learning. */
  readonly tokensPerSecond: number;
}

/** What a training run tells while it works; nothing is printed by the library. */
export type TrainEvent =
  | { readonly type: "note"; readonly message: string }
  /** How the encoder's graph was rewritten before it was differentiated. */
  | { readonly type: "rewrites"; readonly notes: readonly RewriteNote[] }
  /** Once, before anything is trained: how long what is left of the run will take. */
  | ({ readonly type: "expected" } & ExpectedTime)
  | { readonly type: "encoding"; readonly done: number; readonly total: number }
  | { readonly type: "step"; readonly steps: number; readonly record: StepRecord }
  | { readonly type: "evaluation"; readonly record: EvaluationRecord; readonly best: boolean }
  | { readonly type: "interpolation"; readonly record: LineRecord }
  | { readonly type: "checkpoint"; readonly step: number; readonly path: string }
  /** What happens in one of the runs that measure folds, counted from 1. */
  | {
      readonly type: "fold";
      readonly fold: number;
      readonly of: number;
      readonly event: TrainEvent;
    };

export type OnTrainEvent = (event: TrainEvent) => void;

/** How a run is watched and stopped. */
export interface RunControl {
  readonly onEvent: OnTrainEvent;
  readonly signal?: AbortSignal | undefined;
}
