import type { HeadKind } from "../../encoder/head.js";
import { type GivenPrompts, promptsByName, requireKnownPrompts } from "../../encoder/prompts.js";
import { usageError } from "../../errors/user-error.js";
import type { OptionValue } from "../../objectives/option.js";
import type { ScheduleName } from "../../optim/schedule.js";
import {
  type AugmentSettings,
  augmentationsOf,
  augmentedDropout,
  defaultViews,
} from "./augment.js";
import type { FileObjectives } from "./file-objectives.js";
import {
  checkTune,
  defaultHead,
  defaultRate,
  defaultTuneSettings,
  type TuneSettings,
  tuneSettingNames,
} from "./tune.js";

export type HeadSide = "both" | "query";

/** What a run's log is written as. */
export type LogFormat = "jsonl" | "csv";

/**
 * Every option of a run as resolved: what run.json keeps and `--config` reads. Names are those of the command line
 * in camel case.
 */
export interface TrainSettings extends TuneSettings, AugmentSettings {
  /** Training data file. */
  readonly data: string;
  /** Further training data files. */
  readonly moreData?: readonly string[];
  /** How batches of several files alternate: proportional, round-robin or temperature:T. */
  readonly mix: string;
  /** Measuring file that selects the best checkpoint; without it a tenth of the anchors is held out. */
  readonly eval?: string;
  /** With queries as `eval`: the documents they search, and which are relevant to which query. */
  readonly evalCorpus?: string;
  readonly evalQrels?: string;
  /** Run folder. */
  readonly out: string;
  /** Folder, run or hub id of the encoder; absent: the bundled one. */
  readonly model?: string;
  readonly allowDownload: boolean;
  readonly objective: string;
  /** Options of the objective, by the names of its option table. */
  readonly objectiveOptions: Readonly<Record<string, OptionValue>>;
  /** Objectives of files that have one of their own, by the names of the files. */
  readonly objectives?: FileObjectives;
  /** Model whose similarities find false negatives (GISTEmbed). */
  readonly guide?: string | undefined;
  /** Model whose vectors, or margins between them, are learnt. */
  readonly teacher?: string | undefined;
  /** .npy file with the teacher's vector of each text of the data file. */
  readonly teacherVectors?: string | undefined;
  readonly head: HeadKind;
  readonly headDim?: number;
  readonly headHidden?: number;
  readonly headSide: HeadSide;
  readonly epochs: number;
  /** Number of updates; wins over epochs. */
  readonly steps?: number;
  readonly batchSize: number;
  /** M: texts of a class that come together in a batch. */
  readonly perClass: number;
  readonly lr: number;
  /** Peak rate of the objective's own parameters (nce, sigmoid, softmax). */
  readonly scalarLr: number;
  readonly schedule: ScheduleName;
  /** Below 1 a share of the steps, else a number of steps. */
  readonly warmup: number;
  readonly weightDecay: number;
  readonly maxGradNorm: number;
  readonly maxLength?: number;
  readonly pooling?: string;
  /** Texts put before texts, by use: query, document, default. Those of the model that are not given here stay. */
  readonly prompts?: Readonly<Record<string, string>>;
  readonly shuffle: boolean;
  readonly evalEvery?: number;
  readonly metric?: string;
  /** Evaluations without improvement after which training stops; absent: never. */
  readonly patience?: number;
  readonly saveEvery?: number;
  /** Checkpoints kept. */
  readonly keep: number;
  /** jsonl: log.jsonl alone; csv: log.csv beside it. */
  readonly logFormat: LogFormat;
  /** Role → column. */
  readonly columns?: Readonly<Record<string, string>>;
  /** Label word → the value that stands for it in the file. */
  readonly labelMap?: Readonly<Record<string, string>>;
  /** Lowest and highest possible score. */
  readonly scoreRange?: readonly [number, number];
  /** How the data file is to be read, where the evidence is not to decide. */
  readonly delimiter?: string;
  readonly quotes?: boolean;
  readonly header?: boolean;
  readonly encoding?: "utf-8" | "windows-1252";
  /** Leave out training rows that share a text with the --eval file. */
  readonly dropLeaks: boolean;
  readonly requireNegatives: boolean;
  readonly seed: number;
  readonly threads?: number;
}

/** What a caller of `train` may leave out. */
export type TrainOptions = Pick<TrainSettings, "data" | "out"> &
  Partial<Omit<TrainSettings, "prompts">> & {
    /** A text alone stands before every text. */
    readonly prompts?: GivenPrompts;
  };

/** Names of all options but `objectiveOptions`. */
export const settingNames: readonly string[] = [
  "data",
  "moreData",
  "mix",
  "eval",
  "evalCorpus",
  "evalQrels",
  "out",
  "model",
  "allowDownload",
  "objective",
  "objectives",
  "guide",
  "teacher",
  "teacherVectors",
  ...tuneSettingNames,
  "head",
  "headDim",
  "headHidden",
  "headSide",
  "epochs",
  "steps",
  "batchSize",
  "perClass",
  "lr",
  "scalarLr",
  "schedule",
  "warmup",
  "weightDecay",
  "maxGradNorm",
  "maxLength",
  "pooling",
  "prompts",
  "shuffle",
  "evalEvery",
  "metric",
  "patience",
  "saveEvery",
  "keep",
  "logFormat",
  "columns",
  "labelMap",
  "scoreRange",
  "delimiter",
  "quotes",
  "header",
  "encoding",
  "dropLeaks",
  "augment",
  "augmentViews",
  "requireNegatives",
  "seed",
  "threads",
] satisfies (keyof TrainSettings)[];

/** Defaults of everything that does not depend on the data or the objective. */
export const defaultSettings = {
  allowDownload: false,
  objective: "infonce",
  objectiveOptions: {},
  ...defaultTuneSettings,
  headSide: "both",
  epochs: 1,
  batchSize: 64,
  perClass: 4,
  scalarLr: 1e-2,
  schedule: "linear",
  warmup: 0.1,
  weightDecay: 0.01,
  maxGradNorm: 1,
  shuffle: true,
  keep: 3,
  logFormat: "jsonl",
  mix: "proportional",
  dropLeaks: false,
  augmentViews: defaultViews,
  requireNegatives: false,
  seed: 42,
} as const satisfies Partial<TrainSettings>;

/** The options with defaults filled in and ranges checked (usage errors name the option). */
export function resolveSettings(options: TrainOptions): TrainSettings {
  const given = { ...defaultSettings, ...withoutUndefined(options) };
  const byTune = { head: defaultHead(given.tune), lr: defaultRate(given.tune) };
  const dropout = given.dropout === 0 ? (augmentedDropout(given.augment) ?? 0) : given.dropout;
  const { prompts: texts, ...rest } = given;
  requireKnownPrompts(texts);
  const prompts = texts === undefined ? {} : { prompts: promptsByName(texts) };
  const settings: TrainSettings = { ...byTune, ...rest, ...prompts, dropout };
  wholeAtLeast("batch-size", settings.batchSize, 1);
  wholeAtLeast("per-class", settings.perClass, 2);
  wholeAtLeast("keep", settings.keep, 1);
  wholeAtLeast("augment-views", settings.augmentViews, 2);
  wholeAtLeast("seed", settings.seed, 0);
  for (const [flag, value] of Object.entries({
    steps: settings.steps,
    "head-dim": settings.headDim,
    "head-hidden": settings.headHidden,
    "max-length": settings.maxLength,
    "eval-every": settings.evalEvery,
    "save-every": settings.saveEvery,
    patience: settings.patience,
    threads: settings.threads,
    "lora-rank": settings.loraRank,
    "mini-batch-tokens": settings.miniBatchTokens,
    accumulate: settings.accumulate,
  })) {
    if (value !== undefined) wholeAtLeast(flag, value, 1);
  }
  positive("epochs", settings.epochs);
  positive("lr", settings.lr);
  positive("lora-alpha", settings.loraAlpha);
  positive("scalar-lr", settings.scalarLr);
  notNegative("warmup", settings.warmup);
  notNegative("weight-decay", settings.weightDecay);
  notNegative("max-grad-norm", settings.maxGradNorm);
  // First, since its errors about dropout name the option that asked for it.
  augmentationsOf(settings);
  checkTune(settings);
  return settings;
}

function withoutUndefined<T extends object>(options: T): T {
  return Object.fromEntries(Object.entries(options).filter(([, v]) => v !== undefined)) as T;
}

function wholeAtLeast(flag: string, value: number, least: number): void {
  if (Number.isInteger(value) && value >= least) return;
  throw usageError(
    "bad-option",
    `--${flag} must be a whole number of at least ${least}, got ${value}`,
  );
}

function positive(flag: string, value: number): void {
  if (Number.isFinite(value) && value > 0) return;
  throw usageError("bad-option", `--${flag} must be a number above 0, got ${value}`);
}

function notNegative(flag: string, value: number): void {
  if (Number.isFinite(value) && value >= 0) return;
  throw usageError("bad-option", `--${flag} must be a number of at least 0, got ${value}`);
}
