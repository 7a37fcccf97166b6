import type { AnyTable } from "../../options/option.js";
import type { FlagGroups } from "../options/add-options.js";
import { everyCommand } from "../options/output-options.js";

/** What else `doctor` looks at. */
const lookedAt = {
  model: {
    type: "text",
    placeholder: "model",
    description: "also look at a model folder, run folder or hub id",
  },
} as const satisfies AnyTable;

/** The flags of `doctor` by the headings of --help. */
export const doctorFlags = { Model: lookedAt, Common: everyCommand } as const satisfies FlagGroups;
