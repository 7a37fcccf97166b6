import { existsSync } from "node:fs";
import { join } from "node:path";
import { type LoadOptions, loadDataset } from "../dataset/load-dataset.js";
import type { Dataset } from "../dataset/rows/row-types.js";
import type { EncodeOptions } from "../encoder/encode.js";
import type { Encoder, EncoderInfo } from "../encoder/encoder.js";
import { loadEncoder } from "../encoder/load.js";
import { promptsByName, requireKnownPrompts } from "../encoder/prompts.js";
import { type UserError, usageError } from "../errors/user-error.js";
import {
  type EvaluationSet,
  loadEvaluationSet,
  loadRetrievalSet,
} from "../evaluation/evaluation-set.js";
import { evaluatorFor, evaluatorNamed, tasks } from "../evaluation/evaluators/registry.js";
import type { Embed, Task } from "../evaluation/metric.js";
import { promptedEvaluator, promptUse } from "../evaluation/prompt-use.js";
import { type ScoreReport, scoreReport } from "../evaluation/score-report.js";
import { modelFolderOf } from "../export/checkpoint-model.js";
import { runReference } from "../export/run-reference.js";
import { kebabCase } from "../options/option.js";
import { openRuntime, type Runtime } from "../runtime/runtime.js";
import { baseModel, type RunRecord, readRun } from "../training/run-folder/run-folder.js";
import type { EvaluateOptions } from "./evaluate-options.js";
import { refuseRetrievalFiles, retrievalFiles } from "./retrieval-options.js";

/** Scores a model, and a base beside it, on each file. Nothing is printed. */
export async function evaluate(options: EvaluateOptions): Promise<ScoreReport[]> {
  requireKnownPrompts(options.prompts);
  const inputs = await loadAll(options);
  requireUsedPrompts(options, inputs);
  requireUsedOptions(options, inputs);
  const { threads } = options;
  const runtime = await openRuntime(threads === undefined ? {} : { threads });
  try {
    const models = await openModels(options, runtime);
    const reports: ScoreReport[] = [];
    for (const set of inputs.sets)
      reports.push(await scoreFile({ set, models, train: inputs.train, runtime }, options));
    return reports;
  } finally {
    await runtime.close();
  }
}

interface Inputs {
  readonly sets: readonly EvaluationSet[];
  readonly train: Dataset | undefined;
}

async function loadAll(options: EvaluateOptions): Promise<Inputs> {
  const { onEvent } = options;
  const load = loadOptions(options);
  const sets: EvaluationSet[] = [];
  for (const file of options.data) {
    const set = await loadSet(file, options);
    onEvent?.({ type: "data", dataset: set.dataset });
    sets.push(set);
  }
  if (options.train === undefined) return { sets, train: undefined };
  if (sets.some((set) => set.task !== "class")) throw trainWithoutClasses();
  const train = await loadDataset(options.train, { ...load, as: ["classed"] });
  onEvent?.({ type: "data", dataset: train });
  return { sets, train };
}

async function loadSet(file: string, options: EvaluateOptions): Promise<EvaluationSet> {
  const { task } = options;
  if (task === "retrieval") return loadRetrievalSet({ queries: file, ...retrievalFiles(options) });
  refuseRetrievalFiles(options);
  return loadEvaluationSet(file, { ...loadOptions(options), task });
}

function loadOptions({ columns, labelMap, scoreRange, reader }: EvaluateOptions): LoadOptions {
  return {
    reader,
    columns,
    labelMap,
    scoreRange,
  };
}

function requireUsedPrompts({ prompts }: EvaluateOptions, { sets }: Inputs): void {
  if (prompts === undefined || Object.hasOwn(promptsByName(prompts), "default")) return;
  const sides = sets.map(({ task }) => evaluatorNamed(task).sides);
  if (sides.some((one) => promptUse(one, "query") === "query")) return;
  throw usageError(
    "option-without-effect",
    "--prompts of queries and documents have no effect: the data have neither",
    'give one prompt for all texts: --prompts "text: "',
  );
}

/** The given options that a task has. */
function optionsOfTask(task: Task, given: Readonly<Record<string, unknown>>) {
  const table = evaluatorNamed(task).options;
  return Object.fromEntries(Object.entries(given).filter(([name]) => Object.hasOwn(table, name)));
}

function requireUsedOptions({ taskOptions = {} }: EvaluateOptions, { sets }: Inputs): void {
  const used = new Set(sets.flatMap(({ task }) => Object.keys(optionsOfTask(task, taskOptions))));
  const useless = Object.keys(taskOptions).find((name) => !used.has(name));
  if (useless === undefined) return;
  const owners = tasks.filter(({ options }) => Object.hasOwn(options, useless));
  throw usageError(
    "option-without-effect",
    `--${kebabCase(useless)} has no effect on ${[...new Set(sets.map(({ task }) => task))].join(" and ")}`,
    `it is an option of --task ${owners.map(({ name }) => name).join(" and ")}`,
  );
}

function trainWithoutClasses(): UserError {
  return usageError(
    "train-without-classes",
    "--train gives texts to learn classes from, but not all data are classed texts",
    "leave --train out, or measure classes alone",
  );
}

/** `embed` takes texts as they stand, with the prompts of `info` before them. */
interface ScoredModel {
  readonly info: EncoderInfo;
  readonly embed: Embed;
}

interface Models {
  readonly model: ScoredModel;
  readonly base?: ScoredModel;
  readonly run?: RunRecord | undefined;
}

async function openModels(options: EvaluateOptions, runtime: Runtime): Promise<Models> {
  const reference = options.model === undefined ? undefined : runReference(options.model);
  const run = runOf(reference?.run ?? options.model);
  const load = async (model: string | undefined): Promise<Encoder> => {
    const encoder = await loadEncoder({ ...options, model, runtime });
    options.onEvent?.({ type: "model", info: encoder.info });
    return encoder;
  };
  const encoder = await load(await modelFolderOf(options.model, runtime));
  const start = run === undefined ? undefined : await load(baseModel(run.base));
  const other = options.base === undefined ? start : await load(options.base);
  const queryOnly = run?.options.headSide === "query";
  const model = {
    info: encoder.info,
    embed: embedWith(encoder, options, queryOnly ? start : undefined),
  };
  if (other === undefined) return { model };
  const base = { info: other.info, embed: embedWith(other, options) };
  return { model, base, run };
}

function runOf(model: string | undefined): RunRecord | undefined {
  return model !== undefined && existsSync(join(model, "run.json")) ? readRun(model) : undefined;
}

/** Texts as they stand; documents go through `documents` where a run trained the query side only. */
function embedWith(encoder: Encoder, options: EvaluateOptions, documents?: Encoder): Embed {
  const { signal, onEvent } = options;
  return (texts, side) => {
    const chosen = side === "document" && documents !== undefined ? documents : encoder;
    const encode: EncodeOptions = {
      prompt: "",
      signal,
      onProgress: (done) => onEvent?.({ type: "encoding", model: chosen.info.name, done }),
    };
    return chosen.encode(texts, encode);
  };
}

interface Scoring {
  readonly set: EvaluationSet;
  readonly models: Models;
  readonly train: Dataset | undefined;
  readonly runtime: Runtime;
}

async function scoreFile(
  { set, models, train, runtime }: Scoring,
  { seed = 42, taskOptions = {} }: EvaluateOptions,
): Promise<ScoreReport> {
  const { account } = set.dataset;
  const { model, base, run } = models;
  const evaluator = evaluatorFor(set.dataset, set.task, {
    runtime,
    seed,
    train,
    options: optionsOfTask(set.task, taskOptions),
  });
  const scored = async ({ info, embed }: ScoredModel) => ({
    name: info.name,
    evaluation: await promptedEvaluator(evaluator, info).run(embed),
  });
  return scoreReport({
    file: account.file,
    primary: evaluator.primary,
    model: await scored(model),
    base: base === undefined ? undefined : await scored(base),
    selected: run?.eval !== undefined && run.eval.sha256 === account.sha256,
    seed,
  });
}
