import { fittingOptions } from "../dataset/fitting-options.js";
import { type LoadOptions, loadDataset } from "../dataset/load-dataset.js";
import { loadQuestionSet } from "../dataset/retrieval/question-set.js";
import type { Dataset, ScoredPairRow } from "../dataset/rows/row-types.js";
import { tableFormats } from "../dataset/writers/table-file.js";
import { promptsByName } from "../encoder/prompts.js";
import { type UserError, usageError } from "../errors/user-error.js";
import {
  type EvaluationSet,
  loadEvaluationSet,
  loadRetrievalSet,
} from "../evaluation/evaluation-set.js";
import { evaluatorNamed, tasks } from "../evaluation/evaluators/registry.js";
import type { Task } from "../evaluation/metric.js";
import { promptUse } from "../evaluation/prompt-use.js";
import { kebabCase } from "../options/option.js";
import type { EvaluateOptions } from "./evaluate-options.js";
import { refuseRetrievalFiles, retrievalFiles } from "./retrieval-options.js";

/** Data to measure on, with the hashes of the files they are from. */
export interface MeasuredSet extends EvaluationSet {
  readonly sha256: readonly string[];
}

export interface EvaluateInputs {
  readonly sets: readonly MeasuredSet[];
  /** Texts to learn classes from. */
  readonly train: Dataset | undefined;
}

/**
 * Reads the measuring files, and --train. Several files of scored pairs also give a set of all of them, each file a subset. Usage errors:
 * option-without-effect, train-without-classes, missing-files; UserError: as loadDataset and loadRetrieval.
 */
export async function loadInputs(options: EvaluateOptions): Promise<EvaluateInputs> {
  const { onEvent } = options;
  const sets: MeasuredSet[] = [];
  for (const file of options.data) {
    const set = await loadSet(file, options);
    onEvent?.({ type: "data", dataset: set.dataset });
    sets.push({ ...set, sha256: [set.dataset.account.sha256] });
  }
  requireUsedPrompts(options, sets);
  requireUsedOptions(options, sets);
  const together = allTogether(sets);
  const all = together === undefined ? sets : [...sets, together];
  if (options.train === undefined) return { sets: all, train: undefined };
  if (sets.some((set) => set.task !== "class")) throw trainWithoutClasses();
  const fitting = await fittingOptions(options.train, options);
  const load = { ...loadOptions(options), ...fitting };
  const train = await loadDataset(options.train, { ...load, as: ["classed"] });
  onEvent?.({ type: "data", dataset: train });
  return { sets: all, train };
}

/** The given options that a task has. */
export function optionsOfTask(task: Task, given: object = {}) {
  const table = evaluatorNamed(task).options;
  return Object.fromEntries(Object.entries(given).filter(([name]) => Object.hasOwn(table, name)));
}

async function loadSet(file: string, options: EvaluateOptions): Promise<EvaluationSet> {
  const { task, corpus, qrels } = options;
  const searches = task === undefined && (corpus !== undefined || qrels !== undefined);
  if (task === "retrieval" && !(corpus ?? qrels)) {
    const own = await loadQuestionSet(file, options.excludeSelf);
    if (own !== undefined) return { dataset: own, task };
  }
  if (task === "retrieval" || searches)
    return loadRetrievalSet({ queries: file, ...retrievalFiles(options) });
  refuseRetrievalFiles(options);
  return loadEvaluationSet(file, { ...loadOptions(options), task });
}

function loadOptions(options: EvaluateOptions): LoadOptions {
  const { columns, labelMap, scoreRange, reader } = options;
  return { reader, columns, labelMap, scoreRange };
}

/** The rows of several files of scored pairs, each file (or each of its subsets) a subset. */
function allTogether(sets: readonly MeasuredSet[]): MeasuredSet | undefined {
  const scored = sets.flatMap(({ dataset }) => (dataset.kind === "scored-pair" ? [dataset] : []));
  const [first] = scored;
  if (first === undefined || scored.length < 2 || scored.length < sets.length) return undefined;
  const rows = scored.flatMap(({ rows: own, account }) =>
    own.map((row): ScoredPairRow => {
      const { subset } = row;
      return { ...row, subset: subset === undefined ? account.file : `${account.file}/${subset}` };
    }),
  );
  const file = `all ${scored.length} files together`;
  const dataset = { ...first, rows, account: { ...first.account, file } };
  return { dataset, task: "sts", sha256: sets.flatMap(({ sha256 }) => sha256) };
}

function requireUsedPrompts({ prompts }: EvaluateOptions, sets: readonly EvaluationSet[]): void {
  if (prompts === undefined || Object.hasOwn(promptsByName(prompts), "default")) return;
  const sides = sets.map(({ task }) => evaluatorNamed(task).sides);
  if (sides.some((one) => promptUse(one, "query") === "query")) return;
  throw usageError(
    "option-without-effect",
    "--prompts of queries and documents have no effect: the data have neither",
    'give one prompt for all texts: --prompts "text: "',
  );
}

function requireUsedOptions(
  { taskOptions = {}, trecRun, rows }: EvaluateOptions,
  sets: readonly EvaluationSet[],
): void {
  const used = new Set(sets.flatMap(({ task }) => Object.keys(optionsOfTask(task, taskOptions))));
  const useless = Object.keys(taskOptions).find((name) => !used.has(name));
  const measured = [...new Set(sets.map(({ task }) => task))].join(" and ");
  if (useless !== undefined) {
    const owners = tasks.filter(({ options }) => Object.hasOwn(options, useless));
    throw usageError(
      "option-without-effect",
      `--${kebabCase(useless)} has no effect on ${measured}`,
      `it is an option of --task ${owners.map(({ name }) => name).join(" and ")}`,
    );
  }
  if (rows !== undefined) requireWritableRows(rows, sets);
  if (trecRun !== undefined && (sets.length > 1 || sets[0].task !== "retrieval"))
    throw usageError(
      "option-without-effect",
      `--trec-run writes what one file of queries finds in a corpus, got ${sets.length} files of ${measured}`,
      "leave it out, or give --corpus FILE --qrels FILE",
    );
}

/** A name that rows can be written under, and one file with figures a row. */
function requireWritableRows(path: string, sets: readonly EvaluationSet[]): void {
  if (!tableFormats.some((extension) => path.toLowerCase().endsWith(extension)))
    throw usageError(
      "unknown-table-format",
      `--rows must end in ${tableFormats.join(", ")}, got "${path}"`,
    );
  if (sets.length === 1 && sets[0].task !== "paraphrase-mining") return;
  throw usageError(
    "option-without-effect",
    `--rows writes the rows of one file, got ${sets.length} of ${sets.map(({ task }) => task).join(", ")}`,
    "measure the files one by one; paraphrase-mining has pairs of texts and no rows",
  );
}

function trainWithoutClasses(): UserError {
  return usageError(
    "train-without-classes",
    "--train gives texts to learn classes from, but not all data are classed texts",
    "leave --train out, or measure classes alone",
  );
}
