import { reportOptions } from "../../jobs/options/report.js";
import type { FlagGroups } from "../options/add-options.js";
import { outputOptions } from "../options/output-options.js";

/** The flags of `report` by the headings of --help. */
export const reportFlags = {
  Page: reportOptions,
  Common: outputOptions,
} as const satisfies FlagGroups;
