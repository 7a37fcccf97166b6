import { createHash } from "node:crypto";
import {
  convertDataset,
  type LoadOptions,
  loadNatural,
  type NaturalDataset,
} from "../dataset/load-dataset.js";
import type { Account } from "../dataset/rows/account.js";
import type { Dataset } from "../dataset/rows/row-types.js";
import { UserError, usageError } from "../errors/user-error.js";
import type { ConfiguredObjective } from "../objectives/loss.js";
import { objectivesFor } from "../objectives/registry.js";
import type { RowKind } from "../objectives/row-kinds.js";
import { type ChosenEvaluation, chooseEvaluation, withoutEvaluation } from "./choose-evaluation.js";
import { selectsByRetrieval } from "./retrieval-evaluation.js";
import { defaultSettings, type TrainSettings } from "./settings.js";
import { hasTwoViews, trainableKinds, twoViews } from "./two-views.js";

/** One file of the training data. */
export interface TrainingFile {
  readonly file: string;
  /** As read, and what is trained on. */
  readonly data: Dataset;
  readonly train: Dataset;
  /** Place of its first row among all training rows. */
  readonly first: number;
}

/** The training data: one file or several of the same kind of row, and what selects the checkpoint. */
export interface TrainingData {
  readonly files: readonly TrainingFile[];
  /** All files as one. */
  readonly data: Dataset;
  readonly train: Dataset;
  readonly natural: NaturalDataset;
  readonly evaluation: ChosenEvaluation;
  /** Whether each row is a text beside itself. */
  readonly views: boolean;
}

export interface ReadOptions {
  readonly settings: TrainSettings;
  readonly objective: ConfiguredObjective;
  readonly load: LoadOptions;
  /** The kind whose metric decides on held-out rows. */
  readonly measured: RowKind | undefined;
}

/** Reads the files of a run. Usage errors: mixed-kinds, and of several files no-eval and vectors-of-one-file. */
export async function readTrainingData(options: ReadOptions): Promise<TrainingData> {
  const { settings } = options;
  const names = [settings.data, ...(settings.moreData ?? [])];
  if (names.length > 1) requireForSeveral(settings, names.length);
  else if (settings.mix !== defaultSettings.mix) throw nothingToMix(settings.mix);
  const read: ReadFile[] = [];
  for (const name of names) read.push(await readFile(name, options));
  const [only] = read;
  if (only === undefined) throw usageError("no-data", "no training data given");
  const files = placed(read);
  if (read.length === 1) {
    const { data, train, natural, evaluation, views } = only;
    return { files, data, train, natural, evaluation, views };
  }
  const train = together(files.map((file) => file.train));
  const natural = { dataset: train, to: train.kind };
  // Once more with all rows, for evaluators that learn from them.
  const evaluation = await chooseEvaluation(
    { ...settings, dropLeaks: false },
    natural,
    options.measured,
  );
  const notes = read.flatMap((file) => file.evaluation.notes);
  return {
    files,
    data: together(files.map((file) => file.data)),
    train,
    natural: only.natural,
    evaluation: { ...evaluation, notes },
    views: only.views,
  };
}

interface ReadFile {
  readonly file: string;
  readonly data: Dataset;
  readonly train: Dataset;
  readonly natural: NaturalDataset;
  readonly evaluation: ChosenEvaluation;
  readonly views: boolean;
}

async function readFile(
  file: string,
  { settings, objective, load, measured }: ReadOptions,
): Promise<ReadFile> {
  const natural = await loadNatural(file, {
    ...load,
    as: trainableKinds(settings, objective),
    objectivesFor: (kind) => objectivesFor(kind).map(({ name }) => name),
  });
  const data = convertDataset(natural, load);
  const views = hasTwoViews(data, objective);
  const isMeasured = !views || settings.eval !== undefined || selectsByRetrieval(settings);
  const evaluation = isMeasured
    ? await chooseEvaluation({ ...settings, data: file }, natural, measured)
    : withoutEvaluation(settings, natural);
  const converted = convertDataset({ ...natural, dataset: evaluation.train }, load);
  const train = views ? twoViews(converted) : converted;
  return { file, data, train, natural, evaluation, views };
}

function placed(read: readonly ReadFile[]): TrainingFile[] {
  let first = 0;
  return read.map(({ file, data, train }) => {
    const place = { file, data, train, first };
    first += train.rows.length;
    return place;
  });
}

/** All rows as one data set; units of rows that belong together stay apart. UserError: mixed-kinds. */
function together(datasets: readonly Dataset[]): Dataset {
  const [first] = datasets as [Dataset];
  const other = datasets.find(({ kind }) => kind !== first.kind);
  if (other !== undefined) {
    throw new UserError(
      "mixed-kinds",
      `${first.account.file} holds ${first.kind} rows and ${other.account.file} ${other.kind} rows, which one objective cannot learn from together`,
      {
        exitCode: 2,
        hint: "convert one of them: embtune data prepare FILE --as …, or train on one after the other",
      },
    );
  }
  const rows = datasets.flatMap((dataset, file) =>
    dataset.rows.map((row) =>
      "unit" in row ? { ...row, unit: unitOf(datasets, file, row.unit) } : row,
    ),
  );
  return { ...first, rows, account: joined(datasets.map(({ account }) => account)) } as Dataset;
}

function unitOf(datasets: readonly Dataset[], file: number, unit: number | undefined) {
  if (unit === undefined) return undefined;
  return datasets.slice(0, file).reduce((sum, { rows }) => sum + rows.length, unit);
}

function joined(accounts: readonly Account[]): Account {
  const hash = createHash("sha256");
  for (const { sha256 } of accounts) hash.update(sha256);
  const sum = (of: (account: Account) => number): number =>
    accounts.reduce((total, account) => total + of(account), 0);
  return {
    file: accounts.map(({ file }) => file).join(", "),
    sha256: hash.digest("hex"),
    read: sum(({ read }) => read),
    kept: sum(({ kept }) => kept),
    dropped: accounts.flatMap(({ file, dropped }) =>
      dropped.map((reason) => ({ ...reason, reason: `${reason.reason}, in ${file}` })),
    ),
    notes: accounts.flatMap(({ file, notes }) => notes.map((note) => `${file}: ${note}`)),
  };
}

function nothingToMix(mix: string): UserError {
  return usageError(
    "useless-option",
    `--mix ${mix} has no meaning with one training file`,
    "leave it out",
  );
}

function requireForSeveral(settings: TrainSettings, count: number): void {
  if (settings.eval === undefined) {
    throw usageError(
      "no-eval",
      `${count} training files need a file that selects the checkpoint`,
      "add --eval FILE",
    );
  }
  if (settings.teacherVectors !== undefined) {
    throw usageError(
      "vectors-of-one-file",
      "--teacher-vectors holds the vectors of one training file's texts",
      "let the model give them: --teacher MODEL",
    );
  }
}
