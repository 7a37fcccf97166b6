// Runs the tests, unless they have passed for this very tree just before: .ci/run says so by EMBTUNE_TESTS_PASSED=1, since it has
// called `npm test` two lines above. Nothing else may set it.
import { spawnSync } from "node:child_process";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

if (process.env.EMBTUNE_TESTS_PASSED === "1") {
  console.log("tests: passed already in this job");
} else {
  const vitest = dirname(createRequire(import.meta.url).resolve("vitest/package.json"));
  const { status } = spawnSync(process.execPath, [join(vitest, "vitest.mjs"), "run"], {
    stdio: "inherit",
  });
  process.exitCode = status ?? 1;
}
