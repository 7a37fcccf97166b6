import type { RetrievalDataset } from "../dataset/retrieval/load-retrieval.js";
import type { RowKind } from "../dataset/rows/row-kinds.js";
import type { Dataset, DatasetKind, DatasetOf } from "../dataset/rows/row-types.js";
import type { OptionsOf, OptionTable } from "../options/option.js";
import type { Runtime } from "../runtime/types.js";
import type { Embed, EmbeddedTexts, Evaluator, Measured, Sides } from "./metric.js";

/** Data of any task: rows of one kind, or queries with corpus and judgments. */
export type EvaluationData = Dataset | RetrievalDataset;

/** What a file, or three files of retrieval, can hold. */
type EvaluationKind = DatasetKind | "retrieval";

type DataOf<K extends EvaluationKind> = K extends DatasetKind ? DatasetOf<K> : RetrievalDataset;

/** What some evaluators need beside rows and options. */
export interface EvaluatorContext {
  /** Fits the logistic regression of classes; without it the cheaper classifiers decide. */
  readonly runtime?: Pick<Runtime, "createSession"> | undefined;
  /** Classed texts to learn classes from; without them a fifth of the file is tested on the rest. */
  readonly train?: Dataset | undefined;
  /** Of everything drawn. Default 42. */
  readonly seed?: number | undefined;
}

/** Rows held out of training data of this kind are measured by it: where they are trained as one of `trainedAs`, or whatever they are trained as. */
interface HeldOutUse {
  readonly kind: DatasetKind;
  readonly trainedAs?: readonly RowKind[];
}

/**
 * One evaluator as data and a function that makes it ready for some rows. The registry of these drives the choice of a task, `--task`,
 * the selection on held-out rows, prompts and documentation.
 */
export interface EvaluatorDefinition<
  K extends EvaluationKind = EvaluationKind,
  T extends OptionTable = OptionTable,
> {
  /** The task, as `--task` names it. */
  readonly name: string;
  /** One line: what is measured. */
  readonly summary: string;
  /** Kinds of data that it takes as they are, the natural one first. */
  readonly rows: readonly K[];
  /** Their columns as documented, where the row kind does not say it all. */
  readonly columns: string;
  /** Keys of its metrics, as sentence-transformers writes them, each with its meaning; the deciding one first. */
  readonly metrics: Readonly<Record<string, string>>;
  readonly options: T;
  /** Whether one text asks and others answer, which then get the prompts of queries and documents. */
  readonly sides: Sides;
  /** What a resample draws: `rows`, `queries`. */
  readonly resampled: string;
  /** Whether data are plainly made for it, so that nobody has to name the task. */
  madeFor(data: EvaluationData): boolean;
  readonly heldOut: readonly HeldOutUse[];
  /** It compares with a teacher, so it serves training alone and is no task of `evaluate`. */
  readonly needsTeacher?: boolean;
  /** Makes it ready for data of one of its kinds. */
  build(data: DataOf<K>, options: OptionsOf<T>, context: EvaluatorContext): Evaluator;
}

/** Checks the types of a definition and forgets its row and option types, so that the registry is one list. */
export function defineEvaluator<
  const K extends EvaluationKind,
  const T extends OptionTable = Readonly<Record<string, never>>,
>(definition: EvaluatorDefinition<K, T>): EvaluatorDefinition {
  return definition as unknown as EvaluatorDefinition;
}

/** An evaluator of a definition: its task, sides and metrics, unless `keys` says which of them. */
export function evaluatorOf(
  { name, sides, metrics }: Pick<EvaluatorDefinition, "name" | "sides" | "metrics">,
  {
    rows,
    run,
    embeds = { own: 2 * rows, trained: 0 },
    keys = Object.keys(metrics),
    primary = keys[0],
  }: EvaluatorParts,
): Evaluator {
  return {
    task: name,
    sides,
    primary,
    keys,
    rows,
    embeds,
    run: async (embed, teacher) => ({ task: name, rows, ...(await run(embed, teacher)) }),
  };
}

interface EvaluatorParts {
  readonly rows: number;
  /** Default: two texts a row. */
  readonly embeds?: EmbeddedTexts;
  readonly keys?: readonly string[];
  /** The key that decides; default the first. */
  readonly primary?: string;
  readonly run: (embed: Embed, teacher?: Embed) => Promise<Measured>;
}
