import { basename, dirname } from "node:path";
import type { Tensor } from "../../math/tensor.js";
import { isWeightsFile, storedWeights } from "../weights/stored-weights.js";
import { readOnnxTable } from "./bag-model.js";
import { readStaticTable } from "./static-table.js";

/** The table of a static model, and what it was read from. */
interface TableFile {
  /** [V, H] */
  readonly table: Tensor;
  /** Names of files beside the model's own. */
  readonly files: readonly string[];
  /** Whether the file computes means in a way of its own. */
  readonly isBag: boolean;
}

/** Reads the table of a static model. UserErrors: those of `readStaticTable`, `storedWeights` and `readOnnxTable`. */
export async function readTable(file: string): Promise<TableFile> {
  if (!isWeightsFile(file)) {
    const { table, isBag } = await readOnnxTable(file);
    return { table, files: [], isBag };
  }
  const { tensors, files } = await storedWeights(dirname(file));
  const table = readStaticTable(tensors, files[0]);
  return {
    table,
    files: files.filter((one) => one !== file).map((one) => basename(one)),
    isBag: false,
  };
}
