import type { KnownRows } from "../dataset/known-rows.js";
import { requireKnownPrompts } from "../encoder/prompts.js";
import { suggestion } from "../errors/suggest.js";
import { usageError } from "../errors/user-error.js";
import { analyse, type Look } from "../evaluation/analysis/analyse.js";
import { overlap } from "../evaluation/analysis/neighbors.js";
import { evaluatorFor } from "../evaluation/evaluators/registry.js";
import type { Evaluation, Evaluator } from "../evaluation/metric.js";
import { promptedEmbed, promptedEvaluator } from "../evaluation/prompt-use.js";
import { mostChanged, rowChanges, wonAndLost } from "../evaluation/row-changes.js";
import {
  type AnalysisReport,
  correctedForSeveral,
  type ScoreReport,
  scoreReport,
} from "../evaluation/score-report.js";
import { openRuntime, type Runtime } from "../runtime/runtime.js";
import {
  type EvaluateInputs,
  loadInputs,
  type MeasuredSet,
  optionsOfTask,
} from "./evaluate-inputs.js";
import { chooseModels, type ModelReference, openModel } from "./evaluate-models.js";
import type { EvaluateOptions } from "./evaluate-options.js";
import { seenBy, sharedTexts } from "./known-texts.js";
import { evaluateTable } from "./options/evaluate.js";
import { requireControl, resolveJob } from "./options/shared.js";
import { writeRowFile } from "./row-file.js";
import { writeTrecRun } from "./trec-run.js";
import { formsOf, rememberedEmbed, type VectorForm } from "./vector-forms.js";

/**
 * Scores models, and a base beside them, on each file, in each form of their vectors: one report each, by file, form and model. Nothing is
 * printed. Usage errors: those of the options, and bad-dim.
 */
export async function evaluate(given: EvaluateOptions): Promise<ScoreReport[]> {
  const { signal, onEvent, ...job } = given;
  requireControl({ signal, onEvent });
  const options = { ...resolveJob("evaluate", evaluateTable, job), signal, onEvent };
  requireKnownPrompts(options.prompts);
  const inputs = await loadInputs(options);
  const choice = chooseModels(options);
  if (options.trecRun !== undefined && choice.models.length > 1) throw severalModels("--trec-run");
  if (options.rows !== undefined && choice.models.length > 1) throw severalModels("--rows");
  if (options.top !== undefined && choice.base === undefined) throw nothingChanged();
  const runtime = await openRuntime({ threads: options.threads, device: options.device });
  try {
    const measuring: Measuring = {
      options,
      runtime,
      inputs,
      evaluators: inputs.sets.map((set) => evaluatorOf(set, { options, runtime, inputs })),
      forms: formsOf(options.dims, options.precisions),
    };
    const models: MeasuredModel[] = [];
    for (const reference of choice.models) models.push(await measure(reference, measuring));
    const base =
      choice.base &&
      (models.find(({ reference }) => reference === choice.base) ??
        (await measure(choice.base, measuring)));
    if (options.trecRun !== undefined)
      await writeTrecRun(options.trecRun, models[0].name, models[0].evaluations[0][0]);
    if (options.rows !== undefined)
      await writeRowFile(options.rows, models[0].evaluations[0][0], base?.evaluations[0][0]);
    const compared = await withKnown(models, measuring);
    return reportsOf(compared, base, measuring);
  } finally {
    await runtime.close();
  }
}

interface Measuring {
  readonly options: EvaluateOptions;
  readonly runtime: Runtime;
  readonly inputs: EvaluateInputs;
  /** Of each set. */
  readonly evaluators: readonly Evaluator[];
  readonly forms: readonly VectorForm[];
}

interface MeasuredModel {
  readonly reference: ModelReference;
  readonly name: string;
  /** Of each set in each form. */
  readonly evaluations: readonly (readonly Evaluation[])[];
  /** Of each set, where vectors are looked at. */
  readonly looks: readonly (Look | undefined)[];
}

/** A model with the rows of each set that it was trained on. */
interface ComparedModel extends MeasuredModel {
  readonly known: readonly (KnownRows | undefined)[];
}

function evaluatorOf(
  set: MeasuredSet,
  { options, runtime, inputs }: Pick<Measuring, "options" | "runtime" | "inputs">,
): Evaluator {
  const { seed, taskOptions, metric } = options;
  const evaluator = evaluatorFor(set.dataset, set.task, {
    runtime,
    seed,
    train: inputs.train,
    options: optionsOfTask(set.task, taskOptions),
  });
  return metric === undefined ? evaluator : { ...evaluator, primary: keyOf(metric, evaluator) };
}

function keyOf(metric: string, { keys, task }: Evaluator): string {
  if (keys.includes(metric)) return metric;
  throw usageError(
    "unknown-metric",
    `--metric ${metric} is none of ${task}`,
    suggestion(metric, keys),
  );
}

/** One model on all data; only one is in memory at a time. */
async function measure(reference: ModelReference, measuring: Measuring): Promise<MeasuredModel> {
  const { options, runtime, evaluators, forms } = measuring;
  const opened = await openModel(reference, options, runtime);
  try {
    const { info } = opened;
    const several = evaluators.length > 1 || forms.length > 1 || options.analyse === true;
    const remembered = several ? rememberedEmbed(opened.embed) : undefined;
    const evaluations: Evaluation[][] = [];
    const looks: (Look | undefined)[] = [];
    for (const evaluator of evaluators) {
      const prompted = promptedEvaluator(evaluator, info);
      const own: Evaluation[] = [await prompted.run(remembered?.embed ?? opened.embed)];
      for (const form of forms.slice(1))
        if (remembered !== undefined) own.push(await prompted.run(await remembered.inForm(form)));
      evaluations.push(own);
      const { details } = own[0];
      const looked = options.analyse === true && remembered !== undefined && details !== undefined;
      const embed = promptedEmbed(remembered?.embed ?? opened.embed, evaluator.sides, info);
      looks.push(looked ? await analyse(details, embed, options.seed) : undefined);
    }
    return { reference, name: nameOf(reference, info.name, options), evaluations, looks };
  } finally {
    await opened.release();
  }
}

/** Of several models the one that was asked for, which two folders of the same base would not be told apart by. */
function nameOf(
  { name }: ModelReference,
  model: string,
  { model: asked }: EvaluateOptions,
): string {
  return Array.isArray(asked) && asked.length > 1 ? (name ?? model) : model;
}

function reportsOf(
  models: readonly ComparedModel[],
  base: MeasuredModel | undefined,
  { inputs, evaluators, forms, options }: Measuring,
): ScoreReport[] {
  return inputs.sets.flatMap((set, i) =>
    forms.flatMap((form, j) => {
      const reports = models.map((model) => ({
        ...scoreReport({
          file: set.dataset.account.file,
          primary: evaluators[i].primary,
          model: { name: model.name, evaluation: model.evaluations[i][j] },
          base:
            base === undefined || base.reference === model.reference
              ? undefined
              : { name: base.name, evaluation: base.evaluations[i][j] },
          ...seenBy(model.reference.run, set.sha256),
          known: model.known[i],
          decidingOnly: models.length * forms.length > 1,
          seed: options.seed ?? 42,
        }),
        ...form,
        analysis: j === 0 ? analysisOf(i, model, { base, options }) : undefined,
      }));
      return correctedForSeveral(reports);
    }),
  );
}

/** What is seen in the vectors and rows of a set, beside the base's. */
function analysisOf(
  set: number,
  model: MeasuredModel,
  {
    base,
    options,
  }: { readonly base: MeasuredModel | undefined; readonly options: EvaluateOptions },
): AnalysisReport | undefined {
  if (options.analyse !== true && options.top === undefined) return undefined;
  const other = base?.reference === model.reference ? undefined : base;
  const look = model.looks[set];
  const before = other?.looks[set];
  const details = model.evaluations[set][0].details;
  const known = other?.evaluations[set][0].details;
  const changes = details && known ? rowChanges(known, details) : [];
  return {
    model: look?.analysis,
    base: before?.analysis,
    overlap: look && before && overlap(before.neighbors, look.neighbors),
    rows: changes.length === 0 ? undefined : wonAndLost(changes, details?.main ?? ""),
    ...(options.top === undefined ? {} : mostChanged(changes, options.top)),
  };
}

/** Tells how many texts the data share with what the runs were trained on and selected by, and adds the rows that were trained on. */
async function withKnown(
  models: readonly MeasuredModel[],
  { inputs, options }: Measuring,
): Promise<ComparedModel[]> {
  const compared: ComparedModel[] = [];
  for (const model of models) {
    const { run } = model.reference;
    const known: (KnownRows | undefined)[] = [];
    for (const { dataset } of inputs.sets) {
      const shared = run && (await sharedTexts(run, dataset));
      for (const message of shared?.notes ?? []) options.onEvent?.({ type: "note", message });
      known.push(shared?.known);
    }
    compared.push({ ...model, known });
  }
  return compared;
}

function severalModels(option: string) {
  return usageError(
    "several-models",
    `${option} writes what one model finds, got several models`,
    "measure them one by one",
  );
}

function nothingChanged() {
  return usageError(
    "option-without-effect",
    "--top shows the rows that changed most, and there is no model to compare with",
    "give one: --base MODEL",
  );
}
