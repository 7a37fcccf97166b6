import { readFileSync } from "node:fs";
import { UserError } from "../errors/user-error.js";
import { fileError } from "../files/files.js";
import { serialize } from "../graph/lower.js";
import { checkGolden, type GraphRunner } from "../objectives/check.js";
import type { GoldenFileReport } from "../report/objective-check.js";
import type { Runtime } from "../runtime/runtime.js";

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

/** Runs graphs once on this runtime. */
export function runnerOn(runtime: Runtime): GraphRunner {
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
