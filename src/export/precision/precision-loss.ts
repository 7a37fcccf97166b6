import { pairedCosine } from "../../evaluation/cosine.js";
import { type Evaluator, metricOf } from "../../evaluation/metric.js";
import type { Matrix } from "../../math/tensor.js";
import { type ExportedOptions, isZeroRow, openExported } from "../exported-vectors.js";
import { plainTexts } from "../sample-texts.js";
import type { Precision } from "./precision.js";

/** Texts on which two precisions are compared. */
const TEXTS = 200;

/** What a precision costs, as transformers.js gives it: on 200 texts and, where data were given, in a score. */
export interface PrecisionLoss {
  readonly dtype: Precision;
  /** Those whose float32 vector is not 0. */
  readonly texts: number;
  /** Cosine of each text's two vectors: mean and smallest. */
  readonly meanCosine: number;
  readonly smallestCosine: number;
  /** Largest difference of a number of the vectors. */
  readonly largestDifference: number;
  /** The deciding metric of the given data, 0–1. */
  readonly metric?:
    | { readonly key: string; readonly fp32: number; readonly value: number }
    | undefined;
}

/** Compares each precision of a written folder with its float32 form. */
export async function measurePrecisionLoss(
  folder: string,
  precisions: readonly Precision[],
  options: Omit<ExportedOptions, "dtype"> & { readonly evaluator?: Evaluator | undefined },
): Promise<PrecisionLoss[]> {
  if (precisions.length === 0) return [];
  const { evaluator, ...pipeline } = options;
  const full = await measured(folder, { ...pipeline, dtype: "fp32" }, evaluator);
  const losses: PrecisionLoss[] = [];
  for (const dtype of precisions) {
    const other = await measured(folder, { ...pipeline, dtype }, evaluator);
    losses.push({ dtype, ...compare(full, other) });
  }
  return losses;
}

interface Measured {
  readonly vectors: Matrix;
  readonly score?: { readonly key: string; readonly value: number };
}

async function measured(
  folder: string,
  options: ExportedOptions,
  evaluator: Evaluator | undefined,
): Promise<Measured> {
  const pipeline = await openExported(folder, options);
  try {
    const vectors = await pipeline.embed(plainTexts(TEXTS));
    if (evaluator === undefined) return { vectors };
    const key = evaluator.primary;
    const evaluation = await evaluator.run((texts) => pipeline.embed(texts));
    return { vectors, score: { key, value: metricOf(evaluation, key)?.value ?? Number.NaN } };
  } finally {
    await pipeline.release();
  }
}

function compare(full: Measured, other: Measured): Omit<PrecisionLoss, "dtype"> {
  // A text whose vector is 0 has no direction to compare.
  const cosines = pairedCosine(full.vectors, other.vectors).filter(
    (_, i) => !isZeroRow(full.vectors, i),
  );
  const rows = cosines.length;
  const differences = full.vectors.data.map((x, i) => Math.abs(x - other.vectors.data[i]));
  return {
    texts: rows,
    meanCosine: cosines.reduce((sum, x) => sum + x, 0) / rows,
    smallestCosine: cosines.reduce((least, x) => Math.min(least, x), 1),
    largestDifference: differences.reduce((most, x) => Math.max(most, x), 0),
    metric:
      full.score === undefined || other.score === undefined
        ? undefined
        : { key: full.score.key, fp32: full.score.value, value: other.score.value },
  };
}
