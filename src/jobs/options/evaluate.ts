import { columnOptions } from "../../dataset/reading-options.js";
import { tasks } from "../../evaluation/evaluators/registry.js";
import { commonOptions } from "../../options/common-options.js";
import type { AnyTable } from "../../options/option.js";
import { deviceOption } from "../../runtime/device.js";
import { runModelOptions } from "./shared.js";

/** What `evaluate` measures, and with what. */
export const measureOptions = {
  task: {
    common: true,
    type: "choice",
    choices: tasks.map(({ name }) => name),
    placeholder: "name",
    otherwise: "what the rows are made for",
    description: "what to measure",
  },
  metric: {
    type: "text",
    placeholder: "key",
    otherwise: "the task's",
    description: "metric that decides, e.g. pearson_cosine",
  },
  base: {
    common: true,
    type: "text",
    placeholder: "model",
    otherwise: "for a run folder the model it started from",
    description: "model to compare with",
  },
  corpus: {
    common: true,
    type: "text",
    placeholder: "file",
    description: "the documents that the queries search (implies --task retrieval)",
  },
  qrels: {
    common: true,
    type: "text",
    placeholder: "file",
    description:
      "which documents are relevant to which query, BEIR or TREC (implies --task retrieval)",
  },
  excludeSelf: {
    type: "boolean",
    default: false,
    description: "with --task retrieval: no query finds itself in the corpus",
  },
  trecRun: {
    type: "text",
    placeholder: "file",
    description: "with --task retrieval: write what the queries find, in TREC's format",
  },
  analyse: {
    type: "boolean",
    default: false,
    description: "look at the vectors: alignment, uniformity, rank, hubs, neighbours, margins",
  },
  rows: {
    common: true,
    type: "text",
    placeholder: "file",
    description: "write a line a row or query under base and model: .csv, .tsv or .jsonl",
  },
  top: {
    common: true,
    type: "integer",
    min: 1,
    placeholder: "n",
    description: "show the n rows that improved most and that were harmed most",
  },
  train: {
    type: "text",
    placeholder: "file",
    otherwise: "four fifths of the data",
    description: "classed texts to learn classes from",
  },
} as const satisfies AnyTable;

/** The models, and the forms in which their vectors are measured beside their own. */
export const measuredModelOptions = {
  ...runModelOptions,
  ...deviceOption,
  model: {
    ...runModelOptions.model,
    several: true,
    description:
      "model folder, run folder or hub id org/name; given several times: several side by side",
  },
  dims: {
    type: "numbers",
    flag: "dim",
    element: { type: "integer", min: 1 },
    description: "also measure vectors cut to their first numbers, a row each",
  },
  precisions: {
    type: "words",
    flag: "precision",
    choices: ["int8", "binary"],
    synonyms: { q8: "int8" },
    placeholder: "a,b",
    description: "also measure vectors as int8 or binary",
  },
} as const satisfies AnyTable;

/** Options of the tasks, from the registry's tables. */
export const taskFlags: AnyTable = Object.fromEntries(
  tasks.flatMap(({ name, options }) =>
    Object.entries(options).map(([option, spec]) => [
      option,
      { ...spec, description: `with --task ${name}: ${spec.description}` },
    ]),
  ),
);

/** Every option of `evaluate`. */
export const evaluateTable = {
  data: {
    type: "files",
    required: true,
    description: "measuring files; the queries of the task retrieval",
  },
  ...measureOptions,
  taskOptions: {
    type: "object",
    description: "options of the tasks, by the names of their tables",
  },
  ...columnOptions,
  ...measuredModelOptions,
  ...commonOptions,
} as const satisfies AnyTable;
