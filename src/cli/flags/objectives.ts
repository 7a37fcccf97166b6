import type { AnyTable } from "../../options/option.js";
import type { FlagGroups } from "../options/add-options.js";
import { everyCommand } from "../options/output-options.js";

/** Of `objectives check`. */
export const checkFlags = {
  float32: {
    type: "boolean",
    default: false,
    description: "compute in float32, as in training, instead of float64 with tolerance 1e-9",
  },
} as const satisfies AnyTable;

/** The flags of `objectives` by the headings of --help. */
export const objectivesFlags = { Common: everyCommand } as const satisfies FlagGroups;

/** The flags of `objectives check` by the headings of --help. */
export const objectivesCheckFlags = {
  Checking: checkFlags,
  Common: everyCommand,
} as const satisfies FlagGroups;
