import type { CaseReport } from "../objectives/check.js";
import { formatTable } from "./table.js";

/** What came of the cases of one golden file. */
export interface GoldenFileReport {
  readonly file: string;
  readonly dtype: "float64" | "float32";
  readonly passed: boolean;
  readonly cases: readonly CaseReport[];
}

/** One line a case with its worst error, and a last line with the count. */
export function formatChecks(reports: readonly GoldenFileReport[]): string {
  const cases = reports.flatMap((report) => report.cases);
  const table = formatTable(
    [
      { title: "objective" },
      { title: "case" },
      { title: "worst error", align: "right" },
      { title: "tolerance", align: "right" },
      { title: "of" },
      { title: "" },
    ],
    cases.map((one) => [
      one.objective,
      one.name,
      one.worst.toExponential(1),
      one.tolerance.toExponential(0),
      worstQuantity(one),
      one.passed ? "ok" : "FAILED",
    ]),
  );
  const failed = cases.filter(({ passed }) => !passed).length;
  const dtype = reports[0]?.dtype ?? "float64";
  return `${table}\n${cases.length - failed} of ${cases.length} cases within tolerance in ${dtype}`;
}

function worstQuantity({ errors, worst }: CaseReport): string {
  return errors.find(({ error }) => error === worst)?.quantity ?? "";
}
