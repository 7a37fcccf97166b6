import { writeFileSync } from "node:fs";

/** Writes rows as JSON Lines; returns the path. */
export function writeRows(path, rows) {
  writeFileSync(path, `${rows.map((row) => JSON.stringify(row)).join("\n")}\n`);
  return path;
}
