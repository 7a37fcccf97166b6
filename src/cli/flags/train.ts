import { controlTable } from "../../jobs/options/train.js";
import type { AnyTable } from "../../options/option.js";
import { type TrainRow, trainGroups } from "../../training/options/row.js";
import { trainTable } from "../../training/options/table.js";
import type { FlagGroups } from "../options/add-options.js";
import { outputOptions } from "../options/output-options.js";

/** Flags of `train` that say how to run, as against what to train. */
export const runFlags = {
  overwrite: controlTable.overwrite,
  resume: {
    common: true,
    type: "text",
    placeholder: "run",
    description: "go on exactly where an interrupted run stands",
  },
  resumeAnyway: controlTable.resumeAnyway,
  report: controlTable.report,
  config: {
    type: "text",
    placeholder: "file",
    description: "options from a JSON file by their long names; the command line wins",
  },
  dryRun: {
    common: true,
    type: "boolean",
    default: false,
    description: "show columns, rows and plan; train and write nothing",
  },
} as const satisfies AnyTable;

/** Compares what comes of several values of an option. */
export const sweepFlag = {
  sweep: {
    type: "text",
    pattern: /^\s*[^=,\s][^=]*=\s*[^,\s][^,]*(,\s*[^,\s][^,]*)+$/,
    expected: "option=value,value,…, for example temperature=0.05,0.1",
    placeholder: "option=a,b,…",
    description: "train once with each value of an option and compare the runs in one table",
  },
} as const satisfies AnyTable;

/** The flags of `train` by the headings of --help. Those of the objectives come beside, under the heading Objective. */
export function trainFlags(): FlagGroups {
  const rows = Object.entries<TrainRow>(trainTable).filter(([, row]) => row.place === undefined);
  const groups = trainGroups.map((name): [string, AnyTable] => [
    name,
    Object.fromEntries(rows.filter(([, { group }]) => group === name)),
  ]);
  const beside: Readonly<Record<string, AnyTable>> = {
    Run: runFlags,
    Objective: sweepFlag,
    Common: outputOptions,
  };
  return Object.fromEntries(groups.map(([name, table]) => [name, { ...table, ...beside[name] }]));
}
