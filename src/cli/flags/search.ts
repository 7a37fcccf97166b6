import { columnOptions, dialectOptions } from "../../dataset/reading-options.js";
import {
  searchModelOptions,
  searchViewOptions,
  similarViewOptions,
} from "../../jobs/options/search.js";
import { runModelOptions } from "../../jobs/options/shared.js";
import type { FlagGroups } from "../options/add-options.js";
import { everyCommand } from "../options/output-options.js";

/** The flags of `search` by the headings of --help. */
export const searchFlags = {
  Search: searchViewOptions,
  Model: searchModelOptions,
  Reading: dialectOptions,
  Common: everyCommand,
} as const satisfies FlagGroups;

/** The flags of `similar` by the headings of --help. */
export const similarFlags = {
  Search: similarViewOptions,
  Model: runModelOptions,
  Reading: { ...columnOptions, ...dialectOptions },
  Common: everyCommand,
} as const satisfies FlagGroups;
