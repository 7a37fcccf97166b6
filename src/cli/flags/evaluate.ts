import { columnOptions, dialectOptions } from "../../dataset/reading-options.js";
import { measuredModelOptions, measureOptions, taskFlags } from "../../jobs/options/evaluate.js";
import type { FlagGroups } from "../options/add-options.js";
import { everyCommand } from "../options/output-options.js";

/** The flags of `evaluate` by the headings of --help. */
export const evaluateFlags = {
  Measuring: { ...measureOptions, ...taskFlags },
  Reading: { ...columnOptions, ...dialectOptions },
  Model: measuredModelOptions,
  Common: everyCommand,
} as const satisfies FlagGroups;
