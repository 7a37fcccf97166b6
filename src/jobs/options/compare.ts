import { columnOptions } from "../../dataset/reading-options.js";
import { commonOptions } from "../../options/common-options.js";
import type { AnyTable } from "../../options/option.js";
import { measureOptions } from "./evaluate.js";
import { runModelOptions } from "./shared.js";

const { task, metric, corpus, qrels, excludeSelf } = measureOptions;
const { model: _, modelDtype, ...embedding } = runModelOptions;

/** What models are compared on, and with what. */
export const comparedDataOptions = {
  data: {
    common: true,
    type: "text",
    several: true,
    placeholder: "file",
    otherwise: "what the runs have measured themselves",
    description: "file to measure on; may be given several times",
  },
  base: {
    common: true,
    type: "text",
    placeholder: "model",
    otherwise: "the first model; of one run the model it started from",
    description: "model that the others are compared with",
  },
  task,
  metric: { ...metric, common: true },
  corpus,
  qrels,
  excludeSelf,
} as const satisfies AnyTable;

/** When a comparison fails. */
export const gateOptions = {
  failBelow: {
    common: true,
    type: "number",
    min: -1,
    max: 1,
    placeholder: "value",
    description: "exit code 3 where the deciding metric (0–1, as --json has it) is below",
  },
  failIfWorse: {
    common: true,
    type: "boolean",
    default: false,
    description: "exit code 3 where a verdict is worse, or cannot be given",
  },
} as const satisfies AnyTable;

/** The weights that are run, and how texts are embedded. */
export const comparedModelOptions = { modelDtype, ...embedding } as const satisfies AnyTable;

/** Every option of `compareModels`. */
export const compareTable = {
  models: { type: "files", required: true, description: "run folders, model folders or hub ids" },
  ...comparedDataOptions,
  ...gateOptions,
  ...columnOptions,
  ...comparedModelOptions,
  ...commonOptions,
} as const satisfies AnyTable;
