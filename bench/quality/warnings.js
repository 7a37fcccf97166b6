import { readFileSync } from "node:fs";
import { join } from "node:path";

/** The warnings of a run, each with its step and figure. */
export function warningsOf(run) {
  const records = readFileSync(join(run, "log.jsonl"), "utf8").trimEnd().split("\n");
  return records
    .map((record) => JSON.parse(record))
    .filter(({ warning }) => warning !== undefined)
    .map(({ step, warning, value, limit }) => ({ step, warning, value, limit }));
}
