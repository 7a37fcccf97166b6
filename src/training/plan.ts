import type { Sampler } from "../dataset/batches/sampler.js";
import { stepsInEpochs, stepsPerEpoch } from "../dataset/batches/sampler.js";
import { convertDataset, type LoadOptions, loadNatural } from "../dataset/load-dataset.js";
import type { ReaderOptions } from "../dataset/readers/record-source.js";
import type { Dataset, DatasetKind } from "../dataset/rows/row-types.js";
import { suggestion } from "../errors/suggest.js";
import { usageError } from "../errors/user-error.js";
import type { Evaluator } from "../evaluation/metric.js";
import { acceptedRoles } from "../objectives/inputs.js";
import type { ConfiguredObjective } from "../objectives/loss.js";
import { objectiveNamed, objectivesFor } from "../objectives/registry.js";
import { resolveOptions } from "../objectives/resolve.js";
import type { Role } from "../objectives/roles.js";
import type { RowKind } from "../objectives/row-kinds.js";
import { type Augmentations, augmentationsOf } from "./augment.js";
import type { BatchMaker } from "./batch-inputs.js";
import { chooseEvaluation, labelOptions } from "./choose-evaluation.js";
import { chooseSampler } from "./choose-sampler.js";
import { augmentationNotes, augmentsNothing, makeBatches } from "./make-batches.js";
import { requireConsistentOptions } from "./option-conflicts.js";
import { type OutsideUse, outsideUse } from "./outside-use.js";
import { requireSatisfiable } from "./requirements.js";
import { resolveSettings, type TrainOptions, type TrainSettings } from "./settings.js";
import { hasTwoViews, trainableKinds, twoViews } from "./two-views.js";

/** Everything that is decided before a model is loaded: data, objective, batches, evaluation, number of steps. */
export interface TrainingPlan {
  readonly settings: TrainSettings;
  readonly objective: ConfiguredObjective;
  /** What another model is used for. */
  readonly outside?: OutsideUse;
  /** The file as read; `train` has the rows that are trained on. */
  readonly data: Dataset;
  readonly train: Dataset;
  /** The rows as the first epoch sees them: augmented, or those of `train`. */
  readonly seen: Dataset;
  readonly augmentations?: Augmentations;
  /** The kind of the file's rows, and the kind whose metric decides where some are held out. */
  readonly natural: { readonly kind: DatasetKind; readonly measured: RowKind };
  readonly evalData?: Dataset;
  readonly evaluator: Evaluator;
  readonly metric: string;
  /** `data/dev.csv`, or what was held out. */
  readonly selectsOn: string;
  readonly batches: BatchMaker;
  readonly sampler: Sampler;
  /** Whether each row is a text beside itself: the two get dropout masks of their own. */
  readonly views: boolean;
  readonly steps: number;
  readonly stepsPerEpoch: number;
  readonly evalEvery: number;
  readonly saveEvery: number;
  readonly notes: readonly string[];
}

/** What a comparison prescribes, so that its runs can be compared. */
export interface Prescribed {
  /** Row kind whose metric decides on held-out rows. */
  readonly measured?: RowKind;
  /** Updates of each run, and after how many it is evaluated. */
  readonly steps?: number;
  readonly evalEvery?: number;
}

/** Reads the data and decides what will be done. Nothing is written and no model is loaded. */
export async function planTraining(
  options: TrainOptions,
  prescribed: Prescribed = {},
): Promise<TrainingPlan> {
  const settings = resolveSettings(options);
  const objective = configured(settings);
  const outside = outsideUse(settings, objective);
  requireConsistentOptions(settings, objective);
  const load = loadOptions(settings);
  const natural = await loadNatural(settings.data, {
    ...load,
    as: trainableKinds(settings, objective),
    objectivesFor: (kind) => objectivesFor(kind).map(({ name }) => name),
  });
  const data = convertDataset(natural, load);
  const views = hasTwoViews(data, objective);
  if (views) twoViews(data, settings);
  const augmentations = augmentationsOf(settings);
  if (augmentations !== undefined && !views) throw augmentsNothing(data, objective);
  const chosen = await chooseEvaluation(settings, natural, prescribed.measured);
  const converted = convertDataset({ ...natural, dataset: chosen.train }, load);
  const train = views ? twoViews(converted, settings) : converted;
  const intention = { settings, objective, train };
  requireSatisfiable(intention);
  const sampler = chooseSampler(intention);
  const making = {
    accepted: acceptedHere(objective, outside),
    objective: objective.options,
    falseNegatives: settings.shuffle,
    seed: settings.seed,
  };
  const { batches, seen } = makeBatches(train, augmentations, making);
  return {
    settings,
    objective,
    ...(outside === undefined ? {} : { outside }),
    data,
    train,
    seen,
    ...(augmentations === undefined ? {} : { augmentations }),
    natural: { kind: natural.dataset.kind, measured: prescribed.measured ?? natural.to },
    ...(chosen.evalData === undefined ? {} : { evalData: chosen.evalData }),
    evaluator: chosen.evaluator,
    metric: chooseMetric(settings, chosen.evaluator),
    selectsOn: chosen.selectsOn,
    batches,
    sampler,
    views,
    ...countSteps(settings, sampler, prescribed),
    notes: [
      ...chosen.notes,
      ...samplerNotes(settings, sampler),
      ...augmentationNotes(augmentations, batches),
    ],
  };
}

function configured({ objective, objectiveOptions }: TrainSettings): ConfiguredObjective {
  const definition = objectiveNamed(objective);
  return { definition, options: resolveOptions(definition, objectiveOptions) };
}

/** Updates in all, in an epoch, and between two evaluations and two checkpoints. */
function countSteps(
  settings: TrainSettings,
  sampler: Sampler,
  prescribed: Prescribed,
): Pick<TrainingPlan, "steps" | "stepsPerEpoch" | "evalEvery" | "saveEvery"> {
  const { accumulate } = settings;
  const inEpochs = Math.ceil(stepsInEpochs(sampler, settings.epochs) / accumulate);
  const epoch = Math.max(1, Math.round(stepsPerEpoch(sampler) / accumulate));
  const evalEvery = settings.evalEvery ?? prescribed.evalEvery ?? Math.min(epoch, 500);
  return {
    steps: settings.steps ?? prescribed.steps ?? Math.max(1, inEpochs),
    stepsPerEpoch: epoch,
    evalEvery,
    saveEvery: settings.saveEvery ?? evalEvery,
  };
}

function loadOptions(settings: TrainSettings): LoadOptions {
  const { columns, requireNegatives, seed } = settings;
  return {
    requireNegatives,
    seed,
    ...labelOptions(settings),
    reader: readerOf(settings),
    ...(columns === undefined ? {} : { columns }),
  };
}

function readerOf({ delimiter, quotes, header, encoding }: TrainSettings): ReaderOptions {
  return {
    ...(delimiter === undefined ? {} : { delimiter }),
    ...(quotes === undefined ? {} : { quotes }),
    ...(header === undefined ? {} : { header }),
    ...(encoding === undefined ? {} : { encoding }),
  };
}

/** The objective's inputs; margins that a teacher gives are not read from the file too. */
function acceptedHere(
  { definition }: ConfiguredObjective,
  outside: OutsideUse | undefined,
): readonly Role[] {
  const accepted = acceptedRoles(definition);
  return outside?.kind === "margin" ? accepted.filter((role) => role !== "teacher") : accepted;
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
