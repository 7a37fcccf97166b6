import { join } from "node:path";
import { mixSampler, parseMix } from "../../dataset/batches/mix-sampler.js";
import type { Sampler } from "../../dataset/batches/sampler.js";
import type { KnownRows } from "../../dataset/known-rows.js";
import type { LoadOptions } from "../../dataset/load-dataset.js";
import { readerOf } from "../../dataset/reading-options.js";
import type { RowKind } from "../../dataset/rows/row-kinds.js";
import type { DatasetKind } from "../../dataset/rows/row-types.js";
import { staticScale } from "../../encoder/static-scale.js";
import { internal } from "../../errors/internal.js";
import { suggestion } from "../../errors/suggest.js";
import { UserError, usageError } from "../../errors/user-error.js";
import { withGlance } from "../../evaluation/analysis/glance.js";
import type { EvaluationData } from "../../evaluation/definition.js";
import { countOf, type Evaluator, measures } from "../../evaluation/metric.js";
import type { ConfiguredObjective } from "../../objectives/loss.js";
import { type AuxiliarySource, type AuxiliaryUse, auxiliaryUses } from "../auxiliary/use.js";
import { augmentationNotes, augmentsNothing } from "../batches/make-batches.js";
import { numberTexts, type RunTexts } from "../batches/run-texts.js";
import { type Augmentations, augmentationsOf } from "../options/augment.js";
import { type ComparisonBudget, countSteps } from "../options/count-steps.js";
import { commonObjective, objectivesOfFiles } from "../options/file-objectives.js";
import { requireConsistentOptions } from "../options/option-conflicts.js";
import { resolveSettings, type TrainOptions, type TrainSettings } from "../options/settings.js";
import { runPaths } from "../run-folder/run-folder.js";
import { labelOptions } from "../selection/choose-evaluation.js";
import { type ChosenEvaluation, decidingEvaluator } from "../selection/chosen-evaluation.js";
import type { TestPart } from "../selection/test-part.js";
import { chooseSampler } from "./choose-sampler.js";
import { objectiveByRows } from "./objective-by-rows.js";
import {
  fileNumber,
  type ObjectiveGroup,
  objectiveGroups,
  type TrainingFile,
} from "./objective-groups.js";
import { requireUsedPrompts } from "./prompted-plan.js";
import {
  readTrainingFiles,
  type TrainingData,
  type TrainingFiles,
  trainingData,
} from "./read-files.js";
import { requireSatisfiable } from "./requirements.js";

/** Everything that is decided before a model is loaded: data, objective, batches, evaluation, number of steps. */
export interface TrainingPlan {
  readonly settings: TrainSettings;
  /** The objective of files that have none of their own. */
  readonly objective: ConfiguredObjective;
  readonly files: readonly TrainingFile[];
  /** One, unless files have objectives of their own or rows of several kinds. */
  readonly groups: readonly ObjectiveGroup[];
  /** The texts that are trained on; `promptedPlan` puts the model's prompts before them. */
  readonly texts: RunTexts;
  /** Another model's vectors, where some objective uses them. */
  readonly auxiliary?: AuxiliarySource | undefined;
  readonly augmentations?: Augmentations | undefined;
  /** The kind of the first file's rows, and the kind whose metric decides where some are held out. */
  readonly natural: { readonly kind: DatasetKind; readonly measured: RowKind };
  readonly evalData?: EvaluationData | undefined;
  /** Measures nothing where folds select or nothing does. */
  readonly evaluator: Evaluator;
  /** Runs on some of the rows, each measured on the others, that choose the point that goes out; none where the run itself is measured. */
  readonly folds: readonly TrainingPlan[];
  readonly metric: string;
  /** `data/dev.csv`, what was held out or folded, or `nothing`: then the last step goes out. */
  readonly selectsOn: string;
  /** Rows of the selecting data that are trained on. */
  readonly known?: KnownRows | undefined;
  /** What --test-part has set aside. */
  readonly test?: TestPart | undefined;
  readonly sampler: Sampler;
  readonly steps: number;
  readonly stepsPerEpoch: number;
  readonly evalEvery: number;
  readonly saveEvery: number;
  readonly notes: readonly string[];
}

const noPrompts = { query: "", document: "", other: "" };

/** Reads the data and decides what will be done. Nothing is written and no model is loaded. */
export async function planTraining(
  options: TrainOptions,
  prescribed: ComparisonBudget = {},
): Promise<TrainingPlan> {
  const chosen = await objectiveByRows(options);
  const given = await settingsOf({ ...options, ...chosen.options });
  const objectives = objectivesOfFiles(given);
  const uses = auxiliaryUses(given, objectives);
  for (const objective of objectives) requireConsistentOptions(given, objective);
  const { measured, compared } = prescribed;
  const load = loadOptions(given);
  const files = await readTrainingFiles({ settings: given, objectives, load, measured, compared });
  const plan = await planFiles({ given, uses, prescribed }, files);
  return { ...plan, notes: [...chosen.notes, ...plan.notes] };
}

/** By folds where some choose; where those of `auto` cannot be trained or measured, a note says so and one part is held out. */
async function planFiles(decided: Decided, files: TrainingFiles): Promise<TrainingPlan> {
  const { folds } = files;
  try {
    return await planFolded(decided, files, folds);
  } catch (error) {
    if (decided.given.folds !== "auto" || folds === 0 || !(error instanceof UserError)) throw error;
    const plan = await planFolded(decided, files, 0);
    const note = `one held-out part chooses what goes out, since ${folds} folds cannot: ${error.message}`;
    return { ...plan, notes: [...plan.notes, note] };
  }
}

async function planFolded(
  decided: Decided,
  files: TrainingFiles,
  folds: number,
): Promise<TrainingPlan> {
  const read = await trainingData(files, folds);
  const plan = planOf(decided, read);
  return { ...plan, folds: foldPlans(decided, read.folds, plan) };
}

/** What is decided before the rows are looked at. */
interface Decided {
  readonly given: TrainSettings;
  readonly uses: readonly (AuxiliaryUse | undefined)[];
  readonly prescribed: ComparisonBudget;
}

/** A run on such rows that is measured so. */
function planOf({ given, uses, prescribed }: Decided, read: TrainingData): TrainingPlan {
  const { evaluation } = read;
  const augmentations = augmentationsOf(given);
  const unfit = read.files.find(({ views }) => !views);
  if (augmentations !== undefined && unfit !== undefined)
    throw augmentsNothing(unfit.data, unfit.objective);
  const assigned = read.files.map((file, i) => ({ ...file, auxiliary: uses[i] }));
  const { files, groups } = objectiveGroups(assigned, { settings: given, augmentations });
  const deciding = decidingEvaluator(evaluation);
  requireUsedPrompts({ settings: given, groups, evaluator: deciding });
  const sampler = sampleFiles(files, groups, given);
  const { settings, notes, ...steps } = countSteps(given, {
    sampler,
    prescribed,
    selects: measures(evaluation.evaluator),
  });
  const [first] = read.files;
  const { dataset, to } = first?.natural ?? internal("a plan without files");
  return {
    settings,
    objective: commonObjective(settings),
    files,
    groups,
    texts: numberTexts(groups.map(({ batches }) => ({ batches, prompts: noPrompts }))),
    auxiliary: uses.find((use) => use !== undefined)?.source,
    augmentations,
    natural: { kind: dataset.kind, measured: prescribed.measured ?? to },
    evalData: evaluation.evalData,
    evaluator: withGlance(evaluation.evaluator, settings.seed),
    folds: [],
    metric: chooseMetric(settings, deciding),
    selectsOn: evaluation.selectsOn,
    known: evaluation.known,
    test: read.test,
    sampler,
    ...steps,
    notes: [
      ...evaluation.notes,
      ...notes,
      ...fewMeasured(evaluation, settings),
      ...samplerNotes(settings, sampler),
      ...groups.flatMap(({ batches }) => augmentationNotes(augmentations, batches)),
    ],
  };
}

/** The runs that measure the folds, in folders of the run's own: as long as the run by epochs, and none stops early. */
function foldPlans(
  { given, uses }: Decided,
  folds: readonly TrainingData[],
  { settings }: TrainingPlan,
): TrainingPlan[] {
  const prescribed = { compared: true, epochs: settings.epochs };
  return folds.map((fold, i) => {
    const out = join(runPaths(given.out).folds, String(i + 1));
    return planOf({ given: { ...given, out, folds: "off" }, uses, prescribed }, fold);
  });
}

/** The settings; a static model is known by its table, from which its default rate is found and in which nothing is dropped. */
async function settingsOf(options: TrainOptions): Promise<TrainSettings> {
  const { tune, lr, dropout } = options;
  const needsScale = tune === "full" && (lr === undefined || dropout === undefined);
  return resolveSettings(options, needsScale ? await staticScale(options) : undefined);
}

/** Batches of each file by its objective's sampler, mixed where there are several. */
function sampleFiles(
  files: readonly TrainingFile[],
  groups: readonly ObjectiveGroup[],
  settings: TrainSettings,
): Sampler {
  const mix = parseMix(settings.mix);
  const parts = files.map(({ train, objective, first }) => {
    const intention = { settings, objective, train };
    requireSatisfiable(intention);
    const alone = groups.find((group) => group.train === train);
    return { sampler: chooseSampler(intention, alone?.batches.pairs), first };
  });
  const [only] = parts;
  if (parts.length === 1 && only !== undefined) return only.sampler;
  return mixSampler(parts, mix, settings.seed);
}

/** How many rows are trained on. */
export function trainedRows({ groups }: Pick<TrainingPlan, "groups">): number {
  return groups.reduce((sum, { train }) => sum + train.rows.length, 0);
}

/** How many steps the runs on folds make. */
export function foldedSteps({ folds }: Pick<TrainingPlan, "folds">): number {
  return folds.reduce((sum, { steps }) => sum + steps, 0);
}

/** How many texts are trained on; one that several groups have counts for each. */
export function trainedTexts({ texts }: Pick<TrainingPlan, "texts">): number {
  return texts.prompted.length;
}

function loadOptions(settings: TrainSettings): LoadOptions {
  const { columns, requireNegatives, seed } = settings;
  return {
    requireNegatives,
    seed,
    ...labelOptions(settings),
    reader: readerOf(settings),
    columns,
  };
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

/** Below this, one row more or less that is right moves the metric by more than training does. */
const ENOUGH_MEASURED = 50;

function fewMeasured(evaluation: ChosenEvaluation, { holdOutShare }: TrainSettings): string[] {
  const { selectsOn, evalData, folds } = evaluation;
  const evaluator = decidingEvaluator(evaluation);
  const own = evalData === undefined && folds === undefined && holdOutShare !== "auto";
  const share = own ? "--hold-out-share auto, " : "";
  if (!measures(evaluator) || evaluator.rows >= ENOUGH_MEASURED) return [];
  return [
    `the model is selected by ${countOf(evaluator)} only (${selectsOn}): below ${ENOUGH_MEASURED} chance decides more than training; give more: ${share}--eval FILE`,
  ];
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

/** `on lines 3, 17 … of data/train.csv`, for errors about a batch; only of the file that its first row is from. */
export function describeRows({ files }: Pick<TrainingPlan, "files">, rows: Int32Array): string {
  const { file, train, first } = files[fileNumber(files, rows)] ?? internal("a row of no file");
  const own = [...rows].flatMap((row) => train.rows[row - first]?.line ?? []);
  const lines = own.sort((a, b) => a - b);
  const shown = lines.slice(0, 10).join(", ");
  const more = lines.length > 10 ? ` and ${lines.length - 10} more` : "";
  return `on lines ${shown}${more} of ${file}`;
}
