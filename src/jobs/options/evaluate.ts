import { columnOptions } from "../../dataset/reading-options.js";
import { tasks } from "../../evaluation/evaluators/registry.js";
import { commonOptions } from "../../options/common-options.js";
import type { AnyTable } from "../../options/option.js";
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
    description: "with --task retrieval: the documents that the queries search",
  },
  qrels: {
    common: true,
    type: "text",
    placeholder: "file",
    description:
      "with --task retrieval: which documents are relevant to which query (BEIR or TREC)",
  },
  train: {
    type: "text",
    placeholder: "file",
    otherwise: "four fifths of the data",
    description: "classed texts to learn classes from",
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
  ...runModelOptions,
  ...commonOptions,
} as const satisfies AnyTable;
