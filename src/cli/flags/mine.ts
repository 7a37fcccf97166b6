import { dialectOptions } from "../../dataset/reading-options.js";
import { shardOption } from "../../jobs/options/embed.js";
import {
  judgeOption,
  mineDataOptions,
  ruleOptions,
  searchOptions,
} from "../../jobs/options/mine.js";
import { runModelOptions, tableOutOptions } from "../../jobs/options/shared.js";
import type { FlagGroups } from "../options/add-options.js";
import { everyCommand } from "../options/output-options.js";
import { mergeFlag } from "./embed.js";

/** The flags of `mine` by the headings of --help. */
export const mineFlags = {
  Files: { ...tableOutOptions, ...mineDataOptions },
  Choice: { ...ruleOptions, ...judgeOption },
  Search: searchOptions,
  "Many machines": { ...shardOption, ...mergeFlag },
  Model: runModelOptions,
  Reading: dialectOptions,
  Common: everyCommand,
} as const satisfies FlagGroups;
