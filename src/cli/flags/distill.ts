import { dialectOptions } from "../../dataset/reading-options.js";
import { distillFileOptions, lessonOptions, studentOptions } from "../../jobs/options/distill.js";
import { runModelOptions } from "../../jobs/options/shared.js";
import type { FlagGroups } from "../options/add-options.js";
import { everyCommand } from "../options/output-options.js";

/** The flags of `distill` by the headings of --help. */
export const distillFlags = {
  Files: distillFileOptions,
  Reading: dialectOptions,
  Student: studentOptions,
  Lesson: lessonOptions,
  Model: { allowDownload: runModelOptions.allowDownload },
  Common: everyCommand,
} as const satisfies FlagGroups;
