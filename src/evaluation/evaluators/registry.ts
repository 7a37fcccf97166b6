import type { RowKind } from "../../dataset/rows/row-kinds.js";
import type { DatasetKind } from "../../dataset/rows/row-types.js";
import { internal } from "../../errors/internal.js";
import { inFile } from "../../errors/located.js";
import { named } from "../../errors/named.js";
import { UserError } from "../../errors/user-error.js";
import { resolveTable } from "../../objectives/resolve.js";
import type { EvaluationData, EvaluatorContext, EvaluatorDefinition } from "../definition.js";
import type { Evaluator, Task } from "../metric.js";
import { pair } from "./binary-classification.js";
import { bitext } from "./bitext.js";
import { classes } from "./classification.js";
import { cluster } from "./clustering.js";
import { pairRetrieval } from "./pair-retrieval.js";
import { paraphraseMining } from "./paraphrase-mining.js";
import { rerank } from "./reranking.js";
import { retrieval } from "./retrieval.js";
import { sts } from "./similarity.js";
import { teacherAgreement } from "./teacher-agreement.js";
import { triplet } from "./triplet.js";

/** All evaluators, one line each. Where several are plainly made for some data, the first measures them. */
export const evaluators: readonly EvaluatorDefinition[] = [
  sts,
  pair,
  triplet,
  pairRetrieval,
  classes,
  retrieval,
  rerank,
  cluster,
  bitext,
  paraphraseMining,
  teacherAgreement,
];

/** The evaluators that `--task` can name. */
export const tasks = evaluators.filter(({ needsTeacher }) => needsTeacher !== true);

/** The evaluator of that name. Usage error `unknown-task` with the nearest name when there is none. */
export function evaluatorNamed(name: Task): EvaluatorDefinition {
  return named("task", name, tasks);
}

/** The task that data are plainly made for. Single texts have none: UserError `no-evaluator`. */
export function taskOf(data: EvaluationData): Task {
  const found = evaluators.find((definition) => definition.madeFor(data));
  if (found !== undefined) return found.name;
  throw new UserError("no-evaluator", "single texts cannot be measured: they have no answer", {
    at: { file: data.account.file },
    hint: "expected scored or labelled pairs, (anchor, positive) pairs, triplets or classes; choose the columns with --columns; queries that are to find documents need --corpus FILE and --qrels FILE; queries that are to find documents need --eval-corpus FILE and --eval-qrels FILE",
  });
}

/** What measures rows held out of a file of this kind, by what they are trained as. */
export function heldOutDefinition(kind: DatasetKind, trainedAs: RowKind): EvaluatorDefinition {
  const find = (fits: (kinds: readonly RowKind[] | undefined) => boolean) =>
    evaluators.find(({ heldOut }) =>
      heldOut.some((use) => use.kind === kind && fits(use.trainedAs)),
    );
  return (
    find((kinds) => kinds?.includes(trainedAs) === true) ??
    find((kinds) => kinds === undefined) ??
    internal(`no evaluator for held-out rows of kind ${kind}`)
  );
}

/**
 * The evaluator of a task on data of one of its kinds, with `options` of its table; without a task, of the one that the data are made
 * for. UserErrors of the definitions, with the file, and no-evaluator; usage errors unknown-task, unknown-option, option-value.
 */
export function evaluatorFor(
  data: EvaluationData,
  task: Task = taskOf(data),
  context: EvaluatorContext & { readonly options?: Readonly<Record<string, unknown>> } = {},
): Evaluator {
  return buildEvaluator(evaluatorNamed(task), data, context);
}

/** As `evaluatorFor`, of a definition. */
export function buildEvaluator(
  definition: EvaluatorDefinition,
  data: EvaluationData,
  {
    options = {},
    ...context
  }: EvaluatorContext & { readonly options?: Readonly<Record<string, unknown>> } = {},
): Evaluator {
  const { name, rows, options: table } = definition;
  const values = resolveTable(name, table, options);
  return inFile(data.account.file, () => {
    if (!rows.includes(data.kind)) throw wrongRows(data, definition);
    return definition.build(data, values, context);
  });
}

function wrongRows({ kind }: EvaluationData, { name, rows }: EvaluatorDefinition): UserError {
  return new UserError(
    "no-evaluator",
    `rows of kind ${kind} cannot be measured as ${name}, expected ${rows.join(" or ")}`,
    { hint: "choose another --task, or the columns with --columns" },
  );
}
