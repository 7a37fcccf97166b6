import { UserError } from "../errors/user-error.js";
import { readModelFolder } from "./model-folder.js";
import { type LocateOptions, locateModel } from "./model-location.js";
import { readTable } from "./static/read-table.js";

/** Which model is meant. */
interface ModelReference extends LocateOptions {
  /** Folder, run or hub id; absent: the bundled encoder. */
  readonly model?: string | undefined;
}

/**
 * √mean(x²) over the numbers of a static model's table: what a rate of learning is measured by. Undefined for other models, and for one
 * that cannot be read: loading it tells why.
 */
export async function staticScale({
  model,
  ...options
}: ModelReference): Promise<number | undefined> {
  try {
    const folder = await readModelFolder(await locateModel(model, options));
    if (!folder.isStatic) return undefined;
    const { table } = await readTable(folder.modelFile);
    const data = table.data as Float32Array;
    const squares = data.reduce((sum, x) => sum + x * x, 0);
    return Math.sqrt(squares / data.length);
  } catch (error) {
    if (error instanceof UserError) return undefined;
    throw error;
  }
}
