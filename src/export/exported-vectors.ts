import { openPipeline, type Pipeline, type PipelineOptions } from "../encoder/transformers-js.js";
import { normalizedRows } from "../evaluation/cosine.js";
import type { Matrix } from "../math/tensor.js";

/** How the vectors of an exported folder are made. */
export interface ExportedOptions extends PipelineOptions {
  /** Whether vectors get length 1. */
  readonly normalize: boolean;
}

/**
 * Opens a written folder in transformers.js. Vectors get their length here, and one that is 0 stays 0, as in sentence-transformers and
 * model2vec: transformers.js' own `normalize` makes it NaN, which could not be told from a folder that is wrong.
 */
export async function openExported(
  folder: string,
  { normalize, ...options }: ExportedOptions,
): Promise<Pipeline> {
  const { embed, release } = await openPipeline(folder, options);
  if (!normalize) return { embed, release };
  return { embed: async (texts) => normalizedRows(await embed(texts)), release };
}

/** Whether row i is 0 throughout: the text has no token that the model has a vector for. */
export function isZeroRow({ data, cols }: Matrix, i: number): boolean {
  return data.subarray(i * cols, (i + 1) * cols).every((x) => x === 0);
}
