import { columnOptions, dialectOptions } from "../../dataset/reading-options.js";
import {
  conversionOptions,
  countOptions,
  splitOptions,
  targetOption,
  tokenizerOptions,
} from "../../jobs/options/data.js";
import { overwriteOption, tableOutOptions } from "../../jobs/options/shared.js";
import type { AnyTable } from "../../options/option.js";
import type { FlagGroups } from "../options/add-options.js";
import { everyCommand } from "../options/output-options.js";

/** The page of `data inspect`. */
export const pageFlags = {
  html: { type: "text", placeholder: "file", description: "also write a page with histograms" },
  ...overwriteOption,
} as const satisfies AnyTable;

const { labelMap: _, scoreRange: __, ...columnsAlone } = columnOptions;

/** The flags of `data inspect` by the headings of --help. */
export const inspectFlags = {
  Page: pageFlags,
  Counting: countOptions,
  Model: tokenizerOptions,
  Reading: { ...columnOptions, ...dialectOptions },
  Common: everyCommand,
} as const satisfies FlagGroups;

/** The flags of `data prepare` by the headings of --help. */
export const prepareFlags = {
  Files: { ...targetOption, ...tableOutOptions },
  Conversion: conversionOptions,
  Reading: { ...columnOptions, ...dialectOptions },
  Common: everyCommand,
} as const satisfies FlagGroups;

/** The flags of `data split` by the headings of --help. */
export const splitFlags = {
  Parts: splitOptions,
  Reading: { ...columnsAlone, ...dialectOptions },
  Common: everyCommand,
} as const satisfies FlagGroups;
