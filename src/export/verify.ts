import type { Matrix } from "../math/tensor.js";
import { type ExportedOptions, isZeroRow, openExported } from "./exported-vectors.js";
import type { ModelSource } from "./model-source.js";
import { mixedTexts } from "./sample-texts.js";

/** Texts that are embedded on both sides. */
const TEXTS = 100;

/** The largest difference allowed between a float32 export and embtune's own vectors. */
const TOLERANCE = 1e-5;

/** What came of reloading an exported folder. */
export interface Verification {
  readonly texts: number;
  /** Of any number of the vectors of texts that nothing is cut from. */
  readonly largestDifference: number;
  readonly tolerance: number;
  readonly passed: boolean;
  /**
   * Texts that are too long and are cut. transformers.js takes the closing token off with the rest, sentence-transformers and
   * embtune keep it, so these vectors differ whatever the folder holds.
   */
  readonly cut: { readonly texts: number; readonly largestDifference: number };
  /** Texts whose vector should have length 1 and is 0, on both sides. transformers.js gives NaN for them with `normalize: true`. */
  readonly zero: number;
}

/** What `verifyFolder` compares with. */
export interface OwnVectors {
  readonly texts: readonly string[];
  readonly vectors: Matrix;
  /** Whether nothing is cut from a text. */
  readonly fits: readonly boolean[];
}

/**
 * embtune's own vectors of 100 texts in mixed lengths (empty, long, non-ASCII). Texts without any token, as static models have them, are left
 * out: transformers.js divides by their number, 0.
 */
export async function ownVectors(source: ModelSource): Promise<OwnVectors> {
  const texts = mixedTexts(TEXTS).filter((text) => source.tokensOf(text) > 0);
  return { texts, vectors: await source.embed(texts), fits: texts.map(source.fits) };
}

/** Loads a written folder in transformers.js, embeds the same texts and compares. */
export async function verifyFolder(
  folder: string,
  own: OwnVectors,
  options: Omit<ExportedOptions, "dtype">,
): Promise<Verification> {
  const pipeline = await openExported(folder, { ...options, dtype: "fp32" });
  try {
    const vectors = await pipeline.embed(own.texts);
    const differences = own.texts.map((_, i) => largestDifference(vectors, own.vectors, i));
    const among = (fits: boolean): number =>
      Math.max(0, ...differences.filter((_, i) => own.fits[i] === fits));
    return {
      texts: own.fits.filter((fits) => fits).length,
      largestDifference: among(true),
      tolerance: TOLERANCE,
      passed: among(true) <= TOLERANCE,
      cut: { texts: own.fits.filter((fits) => !fits).length, largestDifference: among(false) },
      zero: options.normalize ? own.texts.filter((_, i) => isZeroRow(own.vectors, i)).length : 0,
    };
  } finally {
    await pipeline.release();
  }
}

/** Of row i. Infinite where vectors differ in size or one of them is not finite. */
function largestDifference(a: Matrix, b: Matrix, i: number): number {
  if (a.cols !== b.cols) return Number.POSITIVE_INFINITY;
  let largest = 0;
  for (let k = i * a.cols; k < (i + 1) * a.cols; k++) {
    const difference = Math.abs(a.data[k] - b.data[k]);
    if (!Number.isFinite(difference)) return Number.POSITIVE_INFINITY;
    largest = Math.max(largest, difference);
  }
  return largest;
}
