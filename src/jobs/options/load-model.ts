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
