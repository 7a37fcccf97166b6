import { mixSampler, parseMix } from "../dataset/batches/mix-sampler.js";
import type { Sampler } from "../dataset/batches/sampler.js";
import { stepsInEpochs, stepsPerEpoch } from "../dataset/batches/sampler.js";
import type { LoadOptions } from "../dataset/load-dataset.js";
import type { ReaderOptions } from "../dataset/readers/record-source.js";
import type { Dataset, DatasetKind } from "../dataset/rows/row-types.js";
import { suggestion } from "../errors/suggest.js";
import { usageError } from "../errors/user-error.js";
import type { MeasuringData } from "../evaluation/measuring-set.js";
import type { Evaluator } from "../evaluation/metric.js";
import { acceptedRoles } from "../objectives/inputs.js";
import type { ConfiguredObjective } from "../objectives/loss.js";
import { objectiveNamed } from "../objectives/registry.js";
import { resolveOptions } from "../objectives/resolve.js";
import type { Role } from "../objectives/roles.js";
import type { RowKind } from "../objectives/row-kinds.js";
import { type Augmentations, augmentationsOf } from "./augment.js";
import type { BatchMaker } from "./batch-inputs.js";
import { labelOptions } from "./choose-evaluation.js";
import { chooseSampler } from "./choose-sampler.js";
import { augmentationNotes, augmentsNothing, makeBatches } from "./make-batches.js";
import { requireConsistentOptions } from "./option-conflicts.js";
import { type OutsideUse, outsideUse } from "./outside-use.js";
import { requireUsedPrompts } from "./prompted-plan.js";
import { readTrainingData, type TrainingFile } from "./read-files.js";
import { requireSatisfiable } from "./requirements.js";
import { resolveSettings, type TrainOptions, type TrainSettings } from "./settings.js";

/** Everything that is decided before a model is loaded: data, objective, batches, evaluation, number of steps. */
export interface TrainingPlan {
  readonly settings: TrainSettings;
  readonly objective: ConfiguredObjective;
  /** What another model is used for. */
  readonly outside?: OutsideUse;
  readonly files: readonly TrainingFile[];
  /** The files as read; `train` has the rows that are trained on. */
  readonly data: Dataset;
  readonly train: Dataset;
  /** The rows as the first epoch sees them: augmented, or those of `train`. */
  readonly seen: Dataset;
  readonly augmentations?: Augmentations;
  /** The kind of the file's rows, and the kind whose metric decides where some are held out. */
  readonly natural: { readonly kind: DatasetKind; readonly measured: RowKind };
  readonly evalData?: MeasuringData;
  readonly evaluator: Evaluator;
  readonly metric: string;
  /** `data/dev.csv`, what was held out, or `nothing`: then `evaluator` measures nothing and the last step goes out. */
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
  const { measured } = prescribed;
  const read = { settings, objective, load: loadOptions(settings), measured };
  const { files, data, train, natural, evaluation, views } = await readTrainingData(read);
  requireUsedPrompts({ settings, train, views, evaluator: evaluation.evaluator });
  const augmentations = augmentationsOf(settings);
  if (augmentations !== undefined && !views) throw augmentsNothing(data, objective);
  const sampler = sampleFiles(files, settings, objective);
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
    files,
    data,
    train,
    seen,
    ...(augmentations === undefined ? {} : { augmentations }),
    natural: { kind: natural.dataset.kind, measured: measured ?? natural.to },
    ...(evaluation.evalData === undefined ? {} : { evalData: evaluation.evalData }),
    evaluator: evaluation.evaluator,
    metric: chooseMetric(settings, evaluation.evaluator),
    selectsOn: evaluation.selectsOn,
    batches,
    sampler,
    views,
    ...countSteps(settings, sampler, prescribed),
    notes: [
      ...evaluation.notes,
      ...samplerNotes(settings, sampler),
      ...augmentationNotes(augmentations, batches),
    ],
  };
}

/** Batches of each file by the objective's sampler, mixed where there are several. */
function sampleFiles(
  files: readonly TrainingFile[],
  settings: TrainSettings,
  objective: ConfiguredObjective,
): Sampler {
  const mix = parseMix(settings.mix);
  const parts = files.map(({ train, first }) => {
    const intention = { settings, objective, train };
    requireSatisfiable(intention);
    return { sampler: chooseSampler(intention), first };
  });
  const [only] = parts;
  if (parts.length === 1 && only !== undefined) return only.sampler;
  return mixSampler(parts, mix, settings.seed);
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
  const { file } = plan.files.findLast(({ first }) => first <= (rows[0] ?? 0)) ?? {
    file: plan.settings.data,
  };
  const lines = Array.from(rows, (row) => plan.train.rows[row]?.line ?? 0).sort((a, b) => a - b);
  const shown = lines.slice(0, 10).join(", ");
  const more = lines.length > 10 ? ` and ${lines.length - 10} more` : "";
  return `on lines ${shown}${more} of ${file}`;
}
