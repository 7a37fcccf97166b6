import type { PrecisionLoss } from "./precision/precision-loss.js";
import type { Verification } from "./verify.js";

/** Which readers a folder is for. `both`: transformers.js, and sentence-transformers in a folder of that name inside. */
export type ExportFormat = "transformersjs" | "sentence-transformers" | "both" | "fastembed";

/** What an export wrote. */
export interface ExportReport {
  readonly folder: string;
  readonly format: ExportFormat;
  readonly dimension: number;
  /** Sizes that embeddings may be cut to. */
  readonly matryoshka: readonly number[];
  /** ONNX files, by their paths in the folder. */
  readonly onnx: readonly string[];
  /** Also in the folder's precision.json. */
  readonly loss: readonly PrecisionLoss[];
  readonly verification?: Verification | undefined;
}
