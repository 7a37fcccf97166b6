import { usageError } from "../errors/user-error.js";
import { refuseExisting, writeNewFile } from "../files/new-file.js";
import type { GivenOf } from "../options/option.js";
import { requireFitting, resolveGiven } from "../options/values.js";
import { comparisonPage } from "../report/run-page/comparison-page.js";
import { runPage } from "../report/run-page/page.js";
import type { RunData } from "../report/run-page/run-data.js";
import { runPaths } from "../training/run-folder/run-folder.js";
import { reportOptions, runsOption } from "./options/report.js";
import { readRunData } from "./run-data.js";

/** Where a report goes, whether another file there is replaced, and what it shows. */
type ReportOptions = GivenOf<typeof reportOptions>;

/**
 * Writes the report of a run, or of several runs side by side, as one HTML page that fetches nothing, and returns where it is. A run's own
 * report.html is written anew. UserError: `missing-option` without a run, `option-without-effect` where there is no map for `umap`, `not-a-run`,
 * `out-exists`, and those of damaged files.
 */
export async function writeReport(
  runs: readonly string[],
  given: ReportOptions = {},
): Promise<string> {
  requireFitting({ runs: runsOption }, { runs }, "report");
  const { out, overwrite, umap } = resolveGiven(reportOptions, given, "report");
  if (runs.length === 0) throw usageError("missing-option", "a report needs a run folder");
  const own = runs.length === 1 && out === undefined;
  const path = own ? runPaths(runs[0]).report : (out ?? "report.html");
  if (!own) refuseExisting(path, { overwrite });
  const data = runs.map(readRunData);
  if (umap) requireMap(data);
  const page = data.length === 1 ? await runPage(data[0], umap) : await comparisonPage(data);
  await writeNewFile(path, page, { overwrite: own || overwrite });
  return path;
}

function requireMap(data: readonly RunData[]): void {
  if (data.length === 1 && data[0].kept?.base !== undefined) return;
  const why =
    data.length > 1 ? "on several runs, whose page has no map" : "on a run that kept no vectors";
  throw usageError("option-without-effect", `--umap has no effect ${why}`);
}
