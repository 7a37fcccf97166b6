import type { AnyTable } from "../../options/option.js";

/** What the library's `train` takes beside the settings of a run. */
export const controlTable = {
  overwrite: {
    type: "boolean",
    default: false,
    description: "replace the run that --out names",
  },
  resume: {
    type: "boolean",
    default: false,
    description: "go on with the run in the folder `out`",
  },
  resumeAnyway: {
    type: "boolean",
    default: false,
    description: "with --resume: go on although data, base model or options have changed",
  },
  report: {
    type: "boolean",
    default: true,
    negation: "write no report.html",
    description: "write report.html",
  },
} as const satisfies AnyTable;
