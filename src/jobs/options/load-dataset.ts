import { columnOptions } from "../../dataset/reading-options.js";
import { rowKinds } from "../../dataset/rows/row-kinds.js";
import { commonOptions } from "../../options/common-options.js";
import type { AnyTable } from "../../options/option.js";

/** Every option of `loadDataset`. */
export const loadDatasetTable = {
  ...columnOptions,
  as: { type: "words", choices: rowKinds, description: "kinds to read rows as, the best first" },
  requireNegatives: {
    type: "boolean",
    default: false,
    description: "drop pairs without explicit negatives",
  },
  perClass: { type: "integer", min: 1, description: "most pairs of a class" },
  seed: commonOptions.seed,
  leastRows: { type: "integer", min: 1, default: 2, description: "fewer usable rows are an error" },
} as const satisfies AnyTable;
