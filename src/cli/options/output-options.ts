import { commonOptions } from "../../options/common-options.js";
import type { AnyTable } from "../../options/option.js";

/** How a command says what it did. */
export const outputOptions = {
  json: {
    type: "boolean",
    default: false,
    description: "print the result as one JSON document",
  },
  quiet: {
    type: "boolean",
    default: false,
    description: "no progress and no remarks, only results and errors",
  },
  debug: { type: "boolean", default: false, description: "show the stack of an error" },
} as const satisfies AnyTable;

/** What every command has. */
export const everyCommand = { ...commonOptions, ...outputOptions } as const satisfies AnyTable;
