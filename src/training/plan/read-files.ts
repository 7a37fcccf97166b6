import {
  convertDataset,
  type LoadOptions,
  readRows,
  type SourceRows,
} from "../../dataset/load-dataset.js";
import { repeatNotes, requireDifferentRows } from "../../dataset/rows/equal-rows.js";
import type { RowKind } from "../../dataset/rows/row-kinds.js";
import type { Dataset } from "../../dataset/rows/row-types.js";
import { internal } from "../../errors/internal.js";
import { type UserError, usageError } from "../../errors/user-error.js";
import type { ConfiguredObjective } from "../../objectives/loss.js";
import { objectivesFor } from "../../objectives/registry.js";
import { dataRows } from "../options/data-rows.js";
import { dataFiles } from "../options/file-objectives.js";
import type { TrainSettings } from "../options/settings.js";
import { chooseEvaluation } from "../selection/choose-evaluation.js";
import { type ChosenEvaluation, decidingEvaluator } from "../selection/chosen-evaluation.js";
import { foldCount } from "../selection/fold-count.js";
import { foldedEvaluation } from "../selection/folded-evaluation.js";
import { requireSearch } from "../selection/searched-beside.js";
import { setTestPartAside, type TestPart, testPartOf } from "../selection/test-part.js";
import { objectiveOfKind } from "./objective-by-rows.js";
import { hasTwoViews, trainableKinds, twoViews } from "./two-views.js";

/** One file of the training data. */
export interface ReadFile {
  readonly file: string;
  readonly objective: ConfiguredObjective;
  /** As read, and what is trained on. */
  readonly data: Dataset;
  readonly train: Dataset;
  readonly natural: SourceRows;
  /** Whether each row is a text beside itself. */
  readonly views: boolean;
}

interface ReadOptions {
  readonly settings: TrainSettings;
  /** Of each file. */
  readonly objectives: readonly ConfiguredObjective[];
  readonly load: LoadOptions;
  /** The kind whose metric decides on held-out rows. */
  readonly measured: RowKind | undefined;
  /** Whether the run is one of a comparison. */
  readonly compared: boolean | undefined;
}

/** What a run trains on and what measures it. */
export interface TrainingData {
  readonly files: readonly ReadFile[];
  readonly evaluation: ChosenEvaluation;
  readonly test?: TestPart | undefined;
}

/** With the rows outside each fold, and what measures those in it; none where one part or a file selects. */
interface FoldedData extends TrainingData {
  readonly folds: readonly TrainingData[];
}

/** The files of a run as they were read. */
export interface TrainingFiles {
  readonly options: ReadOptions;
  readonly read: readonly Omit<ReadFile, "train">[];
  readonly aside: ReturnType<typeof setTestPartAside<Omit<ReadFile, "train">>>;
  /** How many folds choose what goes out; 0: one part or a file does. */
  readonly folds: number;
}

/** Reads the files of a run, each as its objective wants its rows. Usage errors: option-without-effect, vectors-of-one-file. */
export async function readTrainingFiles(options: ReadOptions): Promise<TrainingFiles> {
  const { settings, objectives, measured } = options;
  const names = dataFiles(settings);
  if (names.length === 1 && settings.mix !== dataRows.mix.default) throw nothingToMix(settings.mix);
  if (names.length > 1 && settings.teacherVectors !== undefined) throw vectorsOfOneFile();
  const read: Omit<ReadFile, "train">[] = [];
  for (const [i, file] of names.entries())
    read.push(await readFile(file, objectives[i] ?? internal(`no objective for ${file}`), options));
  const aside = setTestPartAside(settings, read, measured);
  const folds = foldCount(settings, aside?.files ?? read, options);
  return { options, read, aside, folds };
}

/** What of the files is trained on and what measures it, by so many folds. */
export async function trainingData(
  { options, read, aside }: TrainingFiles,
  folds: number,
): Promise<FoldedData> {
  const { settings, load, measured } = options;
  const left = aside?.files ?? read;
  const evaluation =
    folds > 0
      ? foldedEvaluation(settings, left[0], { folds, measured })
      : await chooseEvaluation(settings, left, measured);
  const tested = aside && testPartOf(aside, evaluation, settings);
  requireSearch(settings, [decidingEvaluator(evaluation), tested?.test.evaluator]);
  const trained = (trains: readonly Dataset[]): ReadFile[] =>
    read.map((file, i) => trainedOn(file, trains[i], load));
  const notes = [
    ...read.flatMap(({ natural }) => repeatNotes(natural.dataset)),
    ...(aside?.notes ?? []),
    ...evaluation.notes,
    ...(tested?.notes ?? []),
  ];
  return {
    files: trained(evaluation.trains),
    evaluation: { ...evaluation, notes },
    folds: (evaluation.folds ?? []).map((fold) => ({
      files: trained(fold.trains),
      evaluation: fold,
    })),
    test: tested?.test,
  };
}

/** A file with those of its natural rows that are trained on. */
function trainedOn(
  file: Omit<ReadFile, "train">,
  dataset: Dataset | undefined,
  load: LoadOptions,
): ReadFile {
  if (dataset === undefined) throw internal(`no rows of ${file.file} to train on`);
  const whole = dataset === file.natural.dataset;
  const converted = whole ? file.data : convertDataset({ ...file.natural, dataset }, load);
  return { ...file, train: file.views ? twoViews(converted) : converted };
}

async function readFile(
  file: string,
  objective: ConfiguredObjective,
  { settings, load }: ReadOptions,
): Promise<Omit<ReadFile, "train">> {
  const natural = await readRows(file, {
    ...load,
    as: trainableKinds(settings, objective),
    objectivesFor: fittingObjectives,
  });
  requireDifferentRows(natural.dataset);
  const data = convertDataset(natural, load);
  return { file, objective, data, natural, views: hasTwoViews(data, objective) };
}

/** The objectives that rows of a kind can be trained with, that of `objectiveOfKind` first. */
function fittingObjectives(kind: RowKind): readonly string[] {
  const first = objectiveOfKind[kind].objective;
  const names = objectivesFor(kind).map(({ name }) => name);
  return names.includes(first) ? [first, ...names.filter((name) => name !== first)] : names;
}

function nothingToMix(mix: string): UserError {
  return usageError(
    "option-without-effect",
    `--mix ${mix} has no meaning with one training file`,
    "leave it out",
  );
}

function vectorsOfOneFile(): UserError {
  return usageError(
    "vectors-of-one-file",
    "--teacher-vectors holds the vectors of one training file's texts",
    "let the model give them: --teacher MODEL",
  );
}
