import { modelOptions } from "../../encoder/model-options.js";
import { weightOption } from "../../encoder/weight-type.js";
import { commonOptions } from "../../options/common-options.js";
import type { AnyTable } from "../../options/option.js";

/** Every option of `loadModel`. */
export const loadModelTable = {
  ...modelOptions,
  dtype: weightOption,
  threads: commonOptions.threads,
} as const satisfies AnyTable;

/** Every option of `embeddingModel`. */
export const embeddingModelTable = {
  ...loadModelTable,
  use: {
    type: "choice",
    choices: ["query", "document", "other"],
    default: "other",
    description: "which of the model's prompts stands before texts",
  },
  specification: {
    type: "choice",
    choices: ["v3", "v4"],
    default: "v4",
    description: "version of the AI SDK's interface",
  },
} as const satisfies AnyTable;
