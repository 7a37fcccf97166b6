import type { LoadOptions } from "../dataset/load-dataset.js";
import type { EncoderInfo } from "../encoder/encoder.js";
import type { GivenPrompts } from "../encoder/prompts.js";
import type { EvaluationData } from "../evaluation/definition.js";
import type { Task } from "../evaluation/metric.js";
import type { VectorPrecision } from "./vector-forms.js";

export interface EvaluateOptions {
  /** Measuring files; the queries of the task retrieval. */
  readonly data: readonly string[];
  /** What to measure; absent: what the rows of each file are plainly made for. */
  readonly task?: Task;
  /** Options of the tasks, by the names of their tables. */
  readonly taskOptions?: Readonly<Record<string, unknown>>;
  /** Of the task retrieval: the documents, and which are relevant to which query. */
  readonly corpus?: string;
  readonly qrels?: string;
  /** Of the task retrieval: no query finds itself among the documents, by its id or text. */
  readonly excludeSelf?: boolean;
  /** Classed texts to learn classes from; absent: a part of the measuring file. */
  readonly train?: string;
  /** Model folder, run folder, RUN:step or hub id, or several; absent: the bundled encoder. */
  readonly model?: string | readonly string[];
  /** Model to compare with; by default the one that a run started from, of several models without a run the first. */
  readonly base?: string;
  /** Also measure vectors cut to their first numbers (matryoshka). */
  readonly dims?: readonly number[] | undefined;
  /** Also measure vectors as int8 or binary. */
  readonly precisions?: readonly VectorPrecision[] | undefined;
  /** Look at the vectors: alignment, uniformity, rank, hubs, neighbours, margins, suspected false negatives. */
  readonly analyse?: boolean | undefined;
  /** File for a line a row or query under both models: .csv, .tsv or .jsonl. */
  readonly rows?: string | undefined;
  /** So many most improved and most harmed rows in the report. */
  readonly top?: number | undefined;
  /** File for what each query found, in TREC's format. */
  readonly trecRun?: string | undefined;
  readonly columns?: LoadOptions["columns"];
  readonly labelMap?: LoadOptions["labelMap"];
  readonly scoreRange?: LoadOptions["scoreRange"];
  readonly reader?: LoadOptions["reader"];
  readonly maxLength?: number;
  readonly pooling?: string;
  /** Texts put before texts, by use (query, document, default), in the place of the models' own. */
  readonly prompts?: GivenPrompts;
  readonly allowDownload?: boolean;
  /** Seed of the bootstrap; default 42. */
  readonly seed?: number;
  readonly threads?: number;
  readonly signal?: AbortSignal;
  readonly onEvent?: (event: EvaluateEvent) => void;
}

export type EvaluateEvent =
  | { readonly type: "data"; readonly dataset: EvaluationData }
  | { readonly type: "model"; readonly info: EncoderInfo }
  | { readonly type: "note"; readonly message: string }
  | { readonly type: "encoding"; readonly model: string; readonly done: number };
