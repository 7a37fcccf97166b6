import { commonOptions } from "../../options/common-options.js";
import { dataRows } from "./data-rows.js";
import { modelRows } from "./model-rows.js";
import { objectiveRows } from "./objective-rows.js";
import { optimizerRows } from "./optimizer-rows.js";
import type { TrainRow, TrainRows } from "./row.js";
import { runRows } from "./run-rows.js";

const shared = { group: "Common", compared: "shared" } as const;

/**
 * Every option of `train`, each said once: flags, --help, --config, --sweep, --resume, checks, defaults, docs/cli.md and the types of the
 * library come of it.
 */
export const trainTable = {
  ...dataRows,
  ...runRows,
  ...modelRows,
  ...optimizerRows,
  ...objectiveRows,
  seed: { ...commonOptions.seed, ...shared },
  threads: { ...commonOptions.threads, ...shared, resume: "free" },
} as const satisfies TrainRows;

/** Names of the options of which `test` is true. */
export function trainNames(test: (row: TrainRow) => boolean): readonly string[] {
  return Object.entries<TrainRow>(trainTable).flatMap(([name, row]) => (test(row) ? [name] : []));
}
