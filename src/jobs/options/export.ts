import { modelOptions } from "../../encoder/model-options.js";
import { weightOption } from "../../encoder/weight-type.js";
import { commonOptions } from "../../options/common-options.js";
import type { AnyTable } from "../../options/option.js";

/** What is written. */
export const folderOptions = {
  to: {
    type: "text",
    required: true,
    placeholder: "dir",
    description: "folder to write; new or empty",
  },
  format: {
    type: "choice",
    choices: ["transformersjs", "sentence-transformers", "both", "fastembed"],
    default: "transformersjs",
    placeholder: "name",
    description: "who is to read it; both: sentence-transformers in a folder inside",
  },
  dtype: { ...weightOption, description: "weights; fp16 and q8 stand beside the fp32 file" },
  adapter: {
    type: "boolean",
    default: false,
    description: "also write the adapters of --tune lora to adapter/, as PEFT reads them",
  },
  interpolate: {
    type: "number",
    min: 0,
    max: 1,
    placeholder: "α",
    otherwise: "the one that the run chose",
    description: "of a run: the point (1−α)·start + α·tuned between its start and its last step",
  },
  eval: {
    type: "text",
    placeholder: "file",
    description: "data on which the loss of fp16 or q8 is measured, e.g. an STS file",
  },
  verify: {
    type: "boolean",
    default: false,
    description:
      "load the folder in transformers.js and compare the vectors of 100 texts; exit code 1 above 1e-5",
  },
} as const satisfies AnyTable;

const { model, ...settings } = modelOptions;

/** How the model is taken; which one it is stands before the options. */
export const exportModelOptions = {
  ...settings,
  prompts: {
    ...settings.prompts,
    description: 'query="query: ",document="passage: " that the folder gets, or one text for all',
  },
} as const satisfies AnyTable;

/** Every option of `exportModel`. */
export const exportTable = {
  model,
  ...folderOptions,
  ...exportModelOptions,
  ...commonOptions,
} as const satisfies AnyTable;

/** What a run is written as, in place of a model folder. */
export const recipeOption = {
  recipe: {
    type: "choice",
    choices: ["torch"],
    placeholder: "name",
    description:
      "torch: write the run as a script for PyTorch and sentence-transformers on one device or many, with the same batches",
  },
} as const satisfies AnyTable;

/** Every option of `exportRecipe`. */
export const recipeTable = {
  run: { type: "text", required: true, description: "run folder" },
  to: folderOptions.to,
  ...recipeOption,
} as const satisfies AnyTable;
