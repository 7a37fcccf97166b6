import { columnOptions, dialectOptions } from "../../dataset/reading-options.js";
import {
  comparedDataOptions,
  comparedModelOptions,
  gateOptions,
} from "../../jobs/options/compare.js";
import { overwriteOption } from "../../jobs/options/shared.js";
import type { AnyTable } from "../../options/option.js";
import type { FlagGroups } from "../options/add-options.js";
import { everyCommand } from "../options/output-options.js";

/** The page of `compare`. */
export const comparisonPageFlags = {
  html: { type: "text", placeholder: "file", description: "also write a page with charts" },
  ...overwriteOption,
} as const satisfies AnyTable;

/** The flags of `compare` by the headings of --help. */
export const compareFlags = {
  Measuring: comparedDataOptions,
  Gates: gateOptions,
  Page: comparisonPageFlags,
  Reading: { ...columnOptions, ...dialectOptions },
  Model: comparedModelOptions,
  Common: everyCommand,
} as const satisfies FlagGroups;
