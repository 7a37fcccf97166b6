import { exportModelOptions, folderOptions, recipeOption } from "../../jobs/options/export.js";
import type { FlagGroups } from "../options/add-options.js";
import { everyCommand } from "../options/output-options.js";

/** The flags of `export` by the headings of --help. */
export const exportFlags = {
  Folder: folderOptions,
  "Many machines": recipeOption,
  Model: exportModelOptions,
  Common: everyCommand,
} as const satisfies FlagGroups;
