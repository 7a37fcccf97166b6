import { columnOptions, dialectOptions } from "../../dataset/reading-options.js";
import {
  comparedDataOptions,
  comparedModelOptions,
  gateOptions,
} from "../../jobs/options/compare.js";
import {
  conversionOptions,
  countOptions,
  splitOptions,
  tokenizerOptions,
} from "../../jobs/options/data.js";
import { distillFileOptions, lessonOptions, studentOptions } from "../../jobs/options/distill.js";
import {
  embedFileOptions,
  embedModelOptions,
  shardOption,
  vectorOptions,
} from "../../jobs/options/embed.js";
import { measuredModelOptions, measureOptions, taskFlags } from "../../jobs/options/evaluate.js";
import { exportModelOptions, folderOptions, recipeOption } from "../../jobs/options/export.js";
import {
  judgeOption,
  mineDataOptions,
  ruleOptions,
  searchOptions,
} from "../../jobs/options/mine.js";
import { reportOptions } from "../../jobs/options/report.js";
import {
  searchModelOptions,
  searchViewOptions,
  similarViewOptions,
} from "../../jobs/options/search.js";
import { overwriteOption, runModelOptions, tableOutOptions } from "../../jobs/options/shared.js";
import type { AnyTable } from "../../options/option.js";
import type { FlagGroups } from "./add-options.js";
import { everyCommand, outputOptions } from "./output-options.js";

/** Of `embed` and `mine`, for which the library has functions of their own. */
export const mergeFlag = {
  merge: {
    type: "files",
    description: "put the files of all shards together, in place of DATA",
  },
} as const satisfies AnyTable;

/** The page of `data inspect`. */
export const pageFlags = {
  html: { type: "text", placeholder: "file", description: "also write a page with histograms" },
  ...overwriteOption,
} as const satisfies AnyTable;

/** The page of `compare`. */
export const comparisonPageFlags = {
  html: { type: "text", placeholder: "file", description: "also write a page with charts" },
  ...overwriteOption,
} as const satisfies AnyTable;

/** What `data prepare` makes. */
export const targetFlag = {
  as: {
    type: "choice",
    choices: ["pairs", "triplets", "labelled-pairs", "scored-pairs", "classes"],
    required: true,
    placeholder: "rows",
    description: "what to make",
  },
} as const satisfies AnyTable;

/** What else `doctor` looks at. */
export const doctorFlags = {
  model: {
    type: "text",
    placeholder: "model",
    description: "also look at a model folder, run folder or hub id",
  },
} as const satisfies AnyTable;

/** Of `objectives check`. */
export const checkFlags = {
  float32: {
    type: "boolean",
    default: false,
    description: "compute in float32, as in training, instead of float64 with tolerance 1e-9",
  },
} as const satisfies AnyTable;

const { labelMap: _, scoreRange: __, ...columnsAlone } = columnOptions;

/** The flags of every command but `train`, whose table says their headings. */
export const commandFlags = {
  evaluate: {
    Measuring: { ...measureOptions, ...taskFlags },
    Reading: { ...columnOptions, ...dialectOptions },
    Model: measuredModelOptions,
    Common: everyCommand,
  },
  compare: {
    Measuring: comparedDataOptions,
    Gates: gateOptions,
    Page: comparisonPageFlags,
    Reading: { ...columnOptions, ...dialectOptions },
    Model: comparedModelOptions,
    Common: everyCommand,
  },
  embed: {
    Files: embedFileOptions,
    Vectors: vectorOptions,
    "Many machines": { ...shardOption, ...mergeFlag },
    Reading: dialectOptions,
    Model: embedModelOptions,
    Common: everyCommand,
  },
  export: {
    Folder: folderOptions,
    "Many machines": recipeOption,
    Model: exportModelOptions,
    Common: everyCommand,
  },
  mine: {
    Files: { ...tableOutOptions, ...mineDataOptions },
    Choice: { ...ruleOptions, ...judgeOption },
    Search: searchOptions,
    "Many machines": { ...shardOption, ...mergeFlag },
    Model: runModelOptions,
    Reading: dialectOptions,
    Common: everyCommand,
  },
  "data inspect": {
    Page: pageFlags,
    Counting: countOptions,
    Model: tokenizerOptions,
    Reading: { ...columnOptions, ...dialectOptions },
    Common: everyCommand,
  },
  "data prepare": {
    Files: { ...targetFlag, ...tableOutOptions },
    Conversion: conversionOptions,
    Reading: { ...columnOptions, ...dialectOptions },
    Common: everyCommand,
  },
  "data split": {
    Parts: splitOptions,
    Reading: { ...columnsAlone, ...dialectOptions },
    Common: everyCommand,
  },
  report: { Page: reportOptions, Common: outputOptions },
  search: {
    Search: searchViewOptions,
    Model: searchModelOptions,
    Reading: dialectOptions,
    Common: everyCommand,
  },
  similar: {
    Search: similarViewOptions,
    Model: runModelOptions,
    Reading: { ...columnOptions, ...dialectOptions },
    Common: everyCommand,
  },
  distill: {
    Files: distillFileOptions,
    Student: studentOptions,
    Lesson: lessonOptions,
    Model: { allowDownload: runModelOptions.allowDownload },
    Common: everyCommand,
  },
  doctor: { Model: doctorFlags, Common: everyCommand },
  objectives: { Common: everyCommand },
  "objectives check": { Checking: checkFlags, Common: everyCommand },
} as const satisfies Readonly<Record<string, FlagGroups>>;
