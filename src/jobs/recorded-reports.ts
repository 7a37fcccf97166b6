import { isDeepStrictEqual } from "node:util";
import { suggestion } from "../errors/suggest.js";
import { type UserError, usageError } from "../errors/user-error.js";
import { correctedForSeveral, decidedBy, type ScoreReport } from "../evaluation/score-report.js";
import type { RunRecord } from "../training/run-folder/run-folder.js";
import type { ModelReference } from "./evaluate-models.js";

/**
 * The figures that runs wrote at their end, one report a run: on the test part where all have one, else on what selected, each against the
 * base. Usage errors: not-comparable, for what is no finished run and for runs that measured other rows; unknown-metric;
 * option-without-effect, for --base.
 */
export function recordedReports(
  references: readonly ModelReference[],
  { metric, base }: { readonly metric?: string | undefined; readonly base?: string | undefined },
): ScoreReport[] {
  if (base !== undefined)
    throw usageError(
      "option-without-effect",
      "--base has no effect on figures that runs wrote at their end, each against its own base",
      "measure anew: --data FILE",
    );
  const runs = references.map(({ name, run }) => {
    if (run?.result?.scores !== undefined) return run;
    throw notComparable(
      `${name ?? "the bundled encoder"} ${run === undefined ? "is no run" : "has not ended or measured nothing"}`,
    );
  });
  const parts = (["test", "scores"] as const).map((part) =>
    runs.flatMap((run) => {
      const report = run.result?.[part];
      return report === undefined ? [] : [{ run, report }];
    }),
  );
  const found = parts.find((part) => part.length === runs.length && areAlike(part));
  if (found === undefined) throw notComparable("the runs have measured different rows");
  const reports = found.map(({ report }) => decidedByMetric(report, metric));
  if (reports.some(({ primary }) => primary !== reports[0].primary))
    throw notComparable(
      `the runs go by different metrics (${reports.map(({ primary }) => primary).join(", ")})`,
      "choose one: --metric KEY",
    );
  return correctedForSeveral(reports);
}

/** Whether runs measured the same rows against the same base: by the hashes of files, and what was drawn from them by which seed. */
function areAlike(
  recorded: readonly { readonly run: RunRecord; readonly report: ScoreReport }[],
): boolean {
  const [first, ...others] = recorded.map(({ run, report }) => ({
    data: run.eval !== undefined && report.selected ? run.eval.sha256 : run.data.sha256,
    drawn:
      report.selected && run.eval !== undefined
        ? undefined
        : [run.options.seed, run.options.testPart],
    selecting: report.selected ? undefined : run.eval?.sha256,
    rows: report.rows,
    base: run.base.hash,
  }));
  return others.every((other) => isDeepStrictEqual(other, first));
}

function decidedByMetric(report: ScoreReport, metric: string | undefined): ScoreReport {
  if (metric === undefined) return report;
  const keys = report.model.metrics.map(({ key }) => key);
  if (keys.includes(metric)) return decidedBy(report, metric);
  throw usageError(
    "unknown-metric",
    `--metric ${metric} is none of ${report.task}`,
    suggestion(metric, keys),
  );
}

function notComparable(why: string, hint = "measure them on one file: --data FILE"): UserError {
  return usageError("not-comparable", `the recorded figures cannot be compared: ${why}`, hint);
}
