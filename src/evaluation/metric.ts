import { counted } from "../errors/counted.js";
import type { Matrix } from "../math/tensor.js";
import type { Resampled } from "./resampling.js";
import type { Swap } from "./swap.js";
import type { Units } from "./units.js";

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
  readonly resampled?: Resampled | undefined;
  /** What two models swap row by row under the hypothesis that they are equally good; absent where rows have no figure of their own. */
  readonly swap?: Swap | undefined;
}

/** What a model makes of each row or query, for whoever looks at single ones. */
export interface RowDetails {
  /** Line of each in its file. */
  readonly lines: ArrayLike<number>;
  /** Ids of queries, where they have some. */
  readonly ids?: readonly string[] | undefined;
  /** The text that asks or is compared first. */
  readonly texts: readonly string[];
  /** The text that it is compared with, or the first that it should find. */
  readonly others?: readonly string[] | undefined;
  /** Whether the two belong together; absent: in every row. */
  readonly positive?: ArrayLike<number> | undefined;
  /** Classes, where rows have some. */
  readonly labels?: readonly string[] | undefined;
  /** Name of the figure by which a row is better under one model than under another; higher is better. */
  readonly main?: string | undefined;
  /** Figures by name, one value a row; among them, where there are candidates, `rank` of the best right one and `margin`, its score less the best wrong one's. */
  readonly figures: Readonly<Record<string, ArrayLike<number>>>;
  /** The best candidates of each row, the nearest first, where it searches some. */
  readonly ranked?: readonly (readonly RankedText[])[] | undefined;
}

/** A candidate as a search ranks it. */
export interface RankedText {
  readonly id: string;
  readonly text: string;
  readonly score: number;
  readonly right: boolean;
  /** Where it stands in the file, if the candidates are texts of rows. */
  readonly line?: number | undefined;
}

/** A text of a row, and the side on which it was embedded. */
export interface SampledText {
  readonly row: number;
  readonly side: Side;
}

/** Texts of rows drawn at random, both texts of a row together, and their vectors [n, D]. */
export interface TextSample {
  readonly texts: readonly SampledText[];
  readonly vectors: Matrix;
}

/** The cheap figures of `--analyse`, on a few of the texts that an evaluation embeds: what a training log keeps. */
export interface Glance {
  /** Distinct texts that were looked at. */
  readonly texts: number;
  /** Mean ‖x − y‖² of unit vectors that belong together; absent where none do. */
  readonly alignment?: number | undefined;
  /** log of the mean of exp(−2‖x − y‖²), and the mean cosine, over all pairs of these texts. */
  readonly uniformity: number;
  readonly meanCosine: number;
  /** (Σλ)²/Σλ² of the eigenvalues λ of their covariance: how many directions they fill, from 1 to the embedding's size. */
  readonly effectiveRank: number;
  readonly meanNorm: number;
  /** Score of the best right candidate less that of the best wrong one, where rows have candidates. */
  readonly meanMargin?: number | undefined;
}

/** The result of one evaluator on one model. */
export interface Evaluation {
  readonly task: Task;
  /** Number of rows that a resample draws from. */
  readonly rows: number;
  readonly metrics: readonly Metric[];
  /** Where rows are not independent: what is drawn instead of them. */
  readonly units?: Units | undefined;
  readonly details?: RowDetails | undefined;
  /** Vectors of some of the texts, where they were asked for (`sampledEvaluator`). */
  readonly sample?: TextSample | undefined;
  readonly glance?: Glance | undefined;
  /** What the rows ask, where that could be something else: `unseen texts`, `among 366 positives of training rows too`. */
  readonly asks?: string | undefined;
}

/** What an evaluator finds, beside what is known of it before. */
export type Measured = Pick<Evaluation, "metrics" | "units" | "details">;

/** Name of an evaluator in the registry, `none` where nothing is measured. */
export type Task = string;

/** How many texts one run of an evaluator embeds, about: its own, and those that belong to what is trained on. */
export interface EmbeddedTexts {
  readonly own: number;
  readonly trained: number;
}

/** A measuring set, ready to score any model. */
export interface Evaluator {
  readonly task: Task;
  readonly sides: Sides;
  /** The metric that decides, unless the user chooses another. */
  readonly primary: string;
  /** Keys of all metrics it gives. */
  readonly keys: readonly string[];
  readonly rows: number;
  readonly embeds: EmbeddedTexts;
  /** `teacher` embeds with the model to be imitated, for evaluators that compare with it. */
  readonly run: (embed: Embed, teacher?: Embed) => Promise<Evaluation>;
}

/** Tasks whose figures are of queries: several rows may ask the same. */
const ofQueries: ReadonlySet<Task> = new Set(["pair-retrieval", "retrieval", "rerank"]);

/** How many figures a metric is the mean of: `9 queries`, `1500 rows`. */
export function countOf({ task, rows }: Pick<Evaluator, "task" | "rows">): string {
  return ofQueries.has(task) ? counted(rows, "query", "queries") : counted(rows, "row");
}

/** Measures nothing, for rows that have no answer. */
export const unmeasured: Evaluator = {
  task: "none",
  sides: "alike",
  primary: "none",
  keys: [],
  rows: 0,
  embeds: { own: 0, trained: 0 },
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
