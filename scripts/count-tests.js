// Prints "N passed, N failed, N skipped" from vitest's JSON report; fails when none passed or one failed.
import { readFileSync } from "node:fs";

const report = JSON.parse(readFileSync(process.argv[2], "utf8"));
const { numPassedTests: passed, numFailedTests: failed, numPendingTests: skipped } = report;
console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`);
if (!(passed > 0) || failed > 0) process.exitCode = 1;
