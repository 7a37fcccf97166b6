import { readFileSync } from "node:fs";
import { UserError } from "../errors/user-error.js";
import { serialize } from "../graph/lower.js";
import { type CaseReport, checkGolden, type GraphRunner } from "../objectives/check.js";
import { fileError } from "../runtime/files.js";
import type { Runtime } from "../runtime/runtime.js";
import { formatTable } from "./table.js";

/** What came of the cases of one golden file. */
export interface GoldenFileReport {
  readonly file: string;
  readonly dtype: "float64" | "float32";
  readonly passed: boolean;
  readonly cases: readonly CaseReport[];
}

/** Checks golden files with ONNX Runtime. UserError: a file that cannot be read, and what `checkGolden` throws. */
export async function checkFiles(
  files: readonly string[],
  dtype: GoldenFileReport["dtype"],
  runtime: Runtime,
): Promise<GoldenFileReport[]> {
  const run = runnerOn(runtime);
  const reports: GoldenFileReport[] = [];
  for (const file of files) {
    const cases = await checkGolden(readJson(file), { file, dtype, run });
    reports.push({ file, dtype, passed: cases.every(({ passed }) => passed), cases });
  }
  return reports;
}

function runnerOn(runtime: Runtime): GraphRunner {
  return async (graph, feeds) => {
    const session = await runtime.createSession(serialize(graph), { optimization: "basic" });
    try {
      return await session.run(feeds);
    } finally {
      await session.release();
    }
  };
}

function readJson(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw fileError(error, file);
    throw new UserError("golden-file", `is not valid JSON: ${error.message}`, { at: { file } });
  }
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
