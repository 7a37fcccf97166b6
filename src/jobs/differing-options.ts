import { isDeepStrictEqual } from "node:util";
import { objectiveNamed } from "../objectives/registry.js";
import { allOptions } from "../objectives/resolve.js";
import { flagOf } from "../options/option.js";
import type { DifferingOption } from "../report/model-comparison.js";
import type { TrainRow } from "../training/options/row.js";
import { trainTable } from "../training/options/table.js";
import type { RunRecord } from "../training/run-folder/run-folder.js";

/** Options that a run's figures depend on, but for those of the objective. */
const telling = Object.entries<TrainRow>(trainTable).filter(
  ([name, { resume }]) => resume !== "free" && name !== "objectiveOptions",
);

/** Base, data and options that are not the same in all runs; undefined stands for what is no run. */
export function differingOptions(runs: readonly (RunRecord | undefined)[]): DifferingOption[] {
  const options = runs.map((run) => run && optionsOf(run));
  const known = options.filter((own) => own !== undefined);
  const names = new Set(known.flatMap((own) => Object.keys(own)));
  return [...names]
    .filter((name) => known.some((own) => !isDeepStrictEqual(own[name], known[0][name])))
    .map((option) => ({ option, values: options.map((own) => own?.[option]) }));
}

/** What a run was made with, options by their flags. */
function optionsOf({ options, base, data, eval: selecting }: RunRecord): Record<string, unknown> {
  const { objective, objectiveOptions } = options;
  const table = allOptions(objectiveNamed(objective));
  return {
    base: base.name,
    data: data.path,
    "data (SHA-256)": data.sha256.slice(0, 12),
    "selecting data": selecting?.path,
    ...Object.fromEntries(
      telling.map(([name, row]) => [
        `--${flagOf(name, row)}`,
        options[name as keyof typeof options],
      ]),
    ),
    ...Object.fromEntries(
      Object.entries(objectiveOptions).map(([name, value]) => [
        `--${flagOf(name, table[name] ?? {})}`,
        value,
      ]),
    ),
  };
}
