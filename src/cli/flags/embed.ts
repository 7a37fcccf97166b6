import { dialectOptions } from "../../dataset/reading-options.js";
import {
  embedFileOptions,
  embedModelOptions,
  shardOption,
  vectorOptions,
} from "../../jobs/options/embed.js";
import type { AnyTable } from "../../options/option.js";
import type { FlagGroups } from "../options/add-options.js";
import { everyCommand } from "../options/output-options.js";

/** Of `embed` and `mine`, for which the library has functions of their own. */
export const mergeFlag = {
  merge: {
    type: "files",
    description: "put the files of all shards together, in place of DATA",
  },
} as const satisfies AnyTable;

/** The flags of `embed` by the headings of --help. */
export const embedFlags = {
  Files: embedFileOptions,
  Vectors: vectorOptions,
  "Many machines": { ...shardOption, ...mergeFlag },
  Reading: dialectOptions,
  Model: embedModelOptions,
  Common: everyCommand,
} as const satisfies FlagGroups;
