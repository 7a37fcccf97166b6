import { classSampler } from "../dataset/batches/class-sampler.js";
import { indexPairs } from "../dataset/batches/pair-index.js";
import { type Sampler, stepsInEpochs, stepsPerEpoch } from "../dataset/batches/sampler.js";
import { pairSampler, plainSampler } from "../dataset/batches/samplers.js";
import { type LoadOptions, loadDataset } from "../dataset/load-dataset.js";
import type { Dataset } from "../dataset/rows/row-types.js";
import { holdOut } from "../dataset/split.js";
import { suggestion } from "../errors/suggest.js";
import { UserError, usageError } from "../errors/user-error.js";
import { evaluatorFor, retrievalOf } from "../evaluation/for-dataset.js";
import type { Evaluator } from "../evaluation/metric.js";
import { acceptedRoles } from "../objectives/inputs.js";
import type { ConfiguredObjective } from "../objectives/loss.js";
import { objectiveNamed, objectivesFor } from "../objectives/registry.js";
import { resolveOptions } from "../objectives/resolve.js";
import { type BatchMaker, batchMaker } from "./batch-inputs.js";
import { resolveSettings, type TrainOptions, type TrainSettings } from "./settings.js";

/** Everything that is decided before a model is loaded: data, objective, batches, evaluation, number of steps. */
export interface TrainingPlan {
  readonly settings: TrainSettings;
  readonly objective: ConfiguredObjective;
  /** The file as read; `train` has the rows that are trained on. */
  readonly data: Dataset;
  readonly train: Dataset;
  readonly evalData?: Dataset;
  readonly evaluator: Evaluator;
  readonly metric: string;
  /** `data/dev.csv`, or what was held out. */
  readonly selectsOn: string;
  readonly batches: BatchMaker;
  readonly sampler: Sampler;
  readonly steps: number;
  readonly stepsPerEpoch: number;
  readonly evalEvery: number;
  readonly saveEvery: number;
  readonly notes: readonly string[];
}

/** Reads the data and decides what will be done. Nothing is written and no model is loaded. */
export async function planTraining(options: TrainOptions): Promise<TrainingPlan> {
  const settings = resolveSettings(options);
  const definition = objectiveNamed(settings.objective);
  const objective = {
    definition,
    options: resolveOptions(definition, settings.objectiveOptions),
  };
  const data = await loadDataset(settings.data, {
    ...loadOptions(settings),
    as: definition.rows,
    objectivesFor: (kind) => objectivesFor(kind).map(({ name }) => name),
  });
  const { train, evalData, evaluator, selectsOn, notes } = await chooseEvaluation(settings, data);
  const metric = chooseMetric(settings, evaluator);
  const accepted = acceptedRoles(definition);
  const batches = batchMaker(train, {
    accepted,
    objective: objective.options,
    falseNegatives: settings.shuffle,
    seed: settings.seed,
  });
  const sampler = chooseSampler(settings, objective, train);
  const steps = settings.steps ?? Math.max(1, stepsInEpochs(sampler, settings.epochs));
  const epoch = stepsPerEpoch(sampler);
  const evalEvery = settings.evalEvery ?? Math.min(epoch, 500);
  return {
    settings,
    objective,
    data,
    train,
    ...(evalData === undefined ? {} : { evalData }),
    evaluator,
    metric,
    selectsOn,
    batches,
    sampler,
    steps,
    stepsPerEpoch: epoch,
    evalEvery,
    saveEvery: settings.saveEvery ?? evalEvery,
    notes: [...notes, ...samplerNotes(settings, sampler)],
  };
}

function loadOptions(settings: TrainSettings): LoadOptions {
  const { columns, labelMap, requireNegatives, seed } = settings;
  return {
    requireNegatives,
    seed,
    ...(columns === undefined ? {} : { columns }),
    ...(labelMap === undefined ? {} : { labelMap }),
  };
}

interface ChosenEvaluation {
  readonly train: Dataset;
  readonly evalData?: Dataset;
  readonly evaluator: Evaluator;
  readonly selectsOn: string;
  readonly notes: readonly string[];
}

async function chooseEvaluation(settings: TrainSettings, data: Dataset): Promise<ChosenEvaluation> {
  if (settings.eval !== undefined) {
    const { labelMap } = settings;
    const evalData = await loadDataset(settings.eval, labelMap === undefined ? {} : { labelMap });
    if (evalData.account.sha256 === data.account.sha256) throw sameFile(settings.eval);
    const evaluator = evaluatorFor(evalData);
    return { train: data, evalData, evaluator, selectsOn: settings.eval, notes: [] };
  }
  if (data.kind !== "pair") {
    throw usageError(
      "no-eval",
      `rows of kind ${data.kind} need a file that selects the checkpoint`,
      "add --eval FILE",
    );
  }
  const { train, heldOut, notes } = holdOut(data.rows, { seed: settings.seed });
  return {
    train: { ...data, rows: train },
    evaluator: retrievalOf(heldOut),
    selectsOn: `${heldOut.length} rows held out of ${settings.data}`,
    notes,
  };
}

function sameFile(file: string): UserError {
  return new UserError("same-file", "--eval names the training data itself", {
    at: { file },
    hint: "measure on other data, or leave --eval out to hold some rows out",
  });
}

function chooseMetric(settings: TrainSettings, evaluator: Evaluator): string {
  const { metric } = settings;
  if (metric === undefined) return evaluator.primary;
  if (evaluator.keys.includes(metric)) return metric;
  throw usageError(
    "unknown-metric",
    `--metric ${metric} is not measured on this data`,
    suggestion(metric, evaluator.keys),
  );
}

function chooseSampler(
  settings: TrainSettings,
  { definition }: ConfiguredObjective,
  train: Dataset,
): Sampler {
  const { batchSize, seed, shuffle } = settings;
  const common = { batchSize, seed, shuffle };
  if (train.kind === "classed" && shuffle) {
    return classSampler(train.rows, { batchSize, seed, perClass: 4 });
  }
  if (train.kind !== "pair" || !definition.inBatch) {
    return plainSampler(train.rows.length, common);
  }
  if (batchSize < 2) {
    throw usageError(
      "batch-too-small",
      `--batch-size 1 leaves ${definition.name} without in-batch negatives`,
      "use at least 2",
    );
  }
  const takesMask = acceptedRoles(definition).includes("mask");
  return pairSampler(indexPairs(train.rows), {
    ...common,
    avoid: takesMask ? "text" : "component",
  });
}

function samplerNotes(settings: TrainSettings, sampler: Sampler): string[] {
  if (!settings.shuffle) {
    return [
      "--no-shuffle: file order, consecutive rows; repeated texts and false negatives are not looked after",
    ];
  }
  const unused = sampler.plan(0).unused.length;
  return unused === 0
    ? []
    : [`${unused} rows fit into no batch of the first epoch and are left out of it`];
}

/** `data/train.csv:3,17,20 …` for errors about a batch. */
export function describeRows(plan: TrainingPlan, rows: Int32Array): string {
  const lines = Array.from(rows, (row) => plan.train.rows[row]?.line ?? 0).sort((a, b) => a - b);
  const shown = lines.slice(0, 10).join(", ");
  const more = lines.length > 10 ? ` and ${lines.length - 10} more` : "";
  return `on lines ${shown}${more} of ${plan.settings.data}`;
}
