import { modelOptions } from "../../encoder/model-options.js";
import { commonOptions } from "../../options/common-options.js";
import type { AnyTable } from "../../options/option.js";
import { AVERAGE_PATTERN } from "../../training/options/averaging.js";
import { overwriteOption, textColumnOption } from "./shared.js";

/** Where the student learns from, and where it goes. */
export const distillFileOptions = {
  teacher: {
    common: true,
    type: "text",
    required: true,
    placeholder: "model",
    description: "model to learn from: model folder, run folder or hub id org/name",
  },
  out: {
    common: true,
    type: "text",
    required: true,
    placeholder: "dir",
    description:
      "folder for the student and all that is made on the way; the same call goes on there",
  },
  eval: {
    common: true,
    type: "text",
    placeholder: "file",
    description: "scored pairs that select the checkpoint; their texts are left out of the corpus",
  },
  exclude: {
    type: "files",
    description: "files whose texts are left out of the corpus too",
  },
  exchange: {
    type: "integer",
    min: 1,
    description:
      "texts made beside those of the corpus, their words exchanged for others of the teacher's vocabulary: the student meets words and company that the corpus lacks (default: none)",
  },
  reuse: {
    type: "text",
    placeholder: "dir",
    description:
      "--out of an earlier distillation of the same texts and teacher: its corpus and vectors are taken, for another student or lesson",
  },
  ...textColumnOption,
  ...overwriteOption,
} as const satisfies AnyTable;

/** What the student is. */
export const studentOptions = {
  layers: {
    common: true,
    type: "integer",
    min: 1,
    max: 48,
    default: 6,
    description: "transformer layers",
  },
  hidden: {
    common: true,
    type: "integer",
    min: 8,
    max: 4096,
    default: 192,
    description: "numbers of a token's vector",
  },
  heads: {
    common: true,
    type: "integer",
    min: 1,
    max: 64,
    default: 6,
    description: "attention heads",
  },
  intermediate: {
    common: true,
    type: "integer",
    min: 8,
    max: 16_384,
    default: 768,
    description: "width of the feed-forward part",
  },
  vocabSize: {
    common: true,
    type: "integer",
    min: 500,
    max: 200_000,
    default: 12_000,
    description: "tokens of its vocabulary at most",
  },
  maxLength: {
    type: "integer",
    min: 8,
    max: 8192,
    default: 128,
    description: "tokens a text may have",
  },
  init: {
    type: "text",
    placeholder: "start",
    default: "tokens",
    description:
      "tokens: the teacher's vectors of the tokens; random; layers:0,2,4: layers of a BERT-type teacher of the same width",
  },
  vocabulary: {
    type: "choice",
    choices: ["corpus", "teacher"],
    otherwise: "corpus; teacher with --init layers",
    description:
      "tokens: WordPiece trained on the corpus, or those of a teacher's lower-casing WordPiece that the corpus has most",
  },
  static: {
    common: true,
    type: "boolean",
    default: false,
    description: "the table of tokens alone, without layers: a static model in OUT/static",
  },
} as const satisfies AnyTable;

/** How it learns. */
export const lessonOptions = {
  project: {
    type: "choice",
    choices: ["pca", "linear"],
    default: "pca",
    description:
      "where the widths differ: pca turns the teacher's vectors to the student's width, linear gives the student a layer to the teacher's, whose documents it then can search",
  },
  mse: {
    type: "number",
    min: 0,
    default: 0,
    description: "weight of the squared error beside the cosine to the teacher",
  },
  gram: {
    type: "number",
    min: 0,
    default: 0,
    description: "weight of the batch's similarity matrices beside the cosine to the teacher",
  },
  matryoshka: {
    type: "numbers",
    element: { type: "integer", min: 1 },
    default: [],
    placeholder: "dims",
    description: "prefixes of the vectors that are taught, e.g. 192,96,48: they can be cut there",
  },
  epochs: {
    common: true,
    type: "number",
    above: 0,
    max: 1000,
    default: 3,
    description: "passes over the corpus",
  },
  steps: { type: "integer", min: 1, description: "number of updates, instead of --epochs" },
  minutes: {
    type: "number",
    above: 0,
    description:
      "time for training, instead of --epochs: the number of updates follows from a first timing",
  },
  batchSize: {
    common: true,
    type: "integer",
    min: 2,
    max: 8192,
    default: 128,
    description: "texts of an update",
  },
  lr: { common: true, type: "number", above: 0, default: 1e-3, description: "peak learning rate" },
  evalEvery: { type: "integer", min: 1, description: "updates between evaluations" },
  average: {
    type: "text",
    pattern: AVERAGE_PATTERN,
    expected: "off, ema:0.99 or last:3",
    default: "off",
    placeholder: "how",
    description:
      "what is taken for the end: the best checkpoint (off), ema:0.999 a moving average of all steps, last:3 the mean of the last evaluations'",
  },
  interpolate: {
    type: "number",
    min: 0,
    max: 1,
    words: ["auto", "off"],
    default: "off",
    placeholder: "α",
    description: "a point between the beginning and the end, as in train",
  },
} as const satisfies AnyTable;

/** Every option of `distill`. */
export const distillTable = {
  data: {
    type: "files",
    required: true,
    description: "texts: files with a text a line or a text column",
  },
  ...distillFileOptions,
  ...studentOptions,
  ...lessonOptions,
  allowDownload: modelOptions.allowDownload,
  ...commonOptions,
} as const satisfies AnyTable;
