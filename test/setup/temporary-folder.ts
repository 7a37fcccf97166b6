import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Every test's temporary files lie in one folder of the run, whose name has spaces, and go with it. */
export function setup(): () => void {
  const folder = mkdtempSync(join(tmpdir(), "embtune tests "));
  for (const name of ["TMPDIR", "TEMP", "TMP"]) process.env[name] = folder;
  return () => rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
}
