import { join } from "node:path";
import { type LoadOptions, readRows } from "../../src/dataset/load-dataset.js";
import type { Dataset } from "../../src/dataset/rows/row-types.js";

/** Path of a small file in a form that people have. */
export function field(name: string): string {
  return join(import.meta.dirname, "..", "fixtures", "field", name);
}

/** Its rows as read. */
export async function fieldRows(name: string, options?: LoadOptions): Promise<Dataset> {
  return (await readRows(field(name), options)).dataset;
}
