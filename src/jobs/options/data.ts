import { columnOptions } from "../../dataset/reading-options.js";
import { modelOptions } from "../../encoder/model-options.js";
import { commonOptions } from "../../options/common-options.js";
import type { AnyTable } from "../../options/option.js";

const { scoreRange: _, labelMap: __, ...columnsAlone } = columnOptions;
const { model, allowDownload, maxLength } = modelOptions;

/** What `inspect` counts. */
export const countOptions = {
  batchSize: {
    type: "integer",
    min: 2,
    default: 64,
    description: "rows of the batch whose false negatives are estimated",
  },
  sample: {
    type: "integer",
    min: 1,
    default: 20_000,
    description: "rows whose tokens are counted",
  },
  tokens: {
    type: "boolean",
    default: true,
    description: "count tokens with a model's tokenizer",
    negation: "lengths in words only; no model is read",
  },
} as const satisfies AnyTable;

/** The model whose tokenizer counts. Its pooling, prompts and weights change no count. */
export const tokenizerOptions = { model, allowDownload, maxLength } as const satisfies AnyTable;

/** Every option of `inspect`. */
export const inspectTable = {
  ...countOptions,
  ...tokenizerOptions,
  ...columnOptions,
  ...commonOptions,
} as const satisfies AnyTable;

/** What `prepare` makes of rows. */
export const conversionOptions = {
  clean: {
    type: "boolean",
    default: false,
    description: "mend mojibake, HTML entities and control characters",
  },
  minWords: {
    type: "integer",
    min: 1,
    description: "leave out rows with a text of fewer words",
  },
  dedupe: {
    type: "boolean",
    default: false,
    description: "leave out rows that repeat an earlier one but for case and punctuation",
  },
  neutralAs: {
    type: "choice",
    choices: ["unused", "negative", "score"],
    placeholder: "use",
    otherwise: "scored in scored pairs, else unused",
    description: "neutral NLI rows: left out, as contradictions, or scored 0.5",
  },
  perClass: {
    type: "integer",
    min: 1,
    otherwise: "as many as it has texts",
    description: "pairs of a class",
  },
  maxPairs: {
    type: "integer",
    min: 1,
    description: "pairs in all; large classes give way first",
  },
  positiveFrom: {
    type: "number",
    min: 0,
    max: 1,
    placeholder: "s",
    otherwise: "0.8",
    description: "scores from here on, of 0–1, are label 1",
  },
  negativeTo: {
    type: "number",
    min: 0,
    max: 1,
    placeholder: "s",
    otherwise: "0.4",
    description: "scores up to here, of 0–1, are label 0",
  },
  corpus: { type: "text", placeholder: "file", description: "documents with ids, for --qrels" },
  qrels: {
    type: "text",
    placeholder: "file",
    description: "judgments: query id, document id, relevance",
  },
} as const satisfies AnyTable;

/** Every option of `prepareFile`. */
export const prepareTable = {
  ...conversionOptions,
  ...columnOptions,
  ...commonOptions,
} as const satisfies AnyTable;

/** Into what a file is split, and where it goes. */
export const splitOptions = {
  out: {
    type: "text",
    required: true,
    placeholder: "dir",
    description: "folder for train, eval, test and split.json",
  },
  overwrite: {
    type: "boolean",
    default: false,
    description: "replace an earlier split in that folder",
  },
  eval: {
    type: "number",
    above: 0,
    default: 0.1,
    placeholder: "n",
    description: "below 1 a share of the rows, else a number of rows",
  },
  test: {
    flag: "test-part",
    alias: "test",
    type: "number",
    above: 0,
    placeholder: "n",
    description: "a third part, likewise",
  },
  by: {
    type: "choice",
    choices: ["connected", "anchor", "label", "none"],
    default: "connected",
    placeholder: "what",
    description: "what stays together: rows connected through texts, of one anchor, of one label",
  },
} as const satisfies AnyTable;

/** What `data prepare` makes. */
export const targetOption = {
  as: {
    type: "choice",
    choices: ["pairs", "triplets", "labelled-pairs", "scored-pairs", "classes"],
    required: true,
    placeholder: "rows",
    description: "what to make",
  },
} as const satisfies AnyTable;

/** Every option of `splitFile`. */
export const splitTable = {
  ...splitOptions,
  ...columnsAlone,
  ...commonOptions,
} as const satisfies AnyTable;
