import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parse } from "csv-parse/sync";

const shared = join(dirname(fileURLToPath(import.meta.url)), "../../shared");

/** Folder of the data sets that measurements run on. */
export const dataFolder = join(shared, "data");
/** Folder of all-MiniLM-L6-v2. */
export const miniLmFolder = join(shared, "models/all-MiniLM-L6-v2");

/** The first `count` rows of each label. */
export function perClass(rows, count) {
  const taken = new Map();
  return rows.filter(({ label }) => {
    const before = taken.get(label) ?? 0;
    taken.set(label, before + 1);
    return before < count;
  });
}

/** Rows of a CSV file of the data sets, by column names. */
export const table = (file) =>
  parse(readFileSync(join(dataFolder, file), "utf8"), { columns: true });
