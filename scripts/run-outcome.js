import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** SHA-256 of a file, in hex. */
export const sha256 = (path) => createHash("sha256").update(readFileSync(path)).digest("hex");

/** The folder of a run's last checkpoint, below the run's. */
export function lastCheckpoint(run) {
  const steps = readdirSync(join(run, "checkpoints")).filter((name) => name.startsWith("step-"));
  return join("checkpoints", steps.sort().at(-1));
}
