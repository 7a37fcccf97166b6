import type { ReaderOptions } from "../dataset/readers/record-source.js";
import type { EncoderInfo } from "../encoder/encoder.js";
import type { WeightType } from "../encoder/model-folder.js";
import type { GivenPrompts } from "../encoder/prompts.js";
import type { VectorType } from "./vector-type.js";

export interface EmbedOptions {
  /** A file with a text column, or .txt with a text a line; "-" is standard input. */
  readonly data: string;
  /** .npy, .jsonl, .csv, .safetensors, .parquet or .fvecs. */
  readonly out: string;
  readonly overwrite?: boolean | undefined;
  /** Column that holds the texts. */
  readonly column?: string | undefined;
  /** How the file is to be read, where the evidence is not to decide. */
  readonly reader?: ReaderOptions | undefined;
  /** In a .csv file, put `'` before texts and cells that a spreadsheet would take for a formula. */
  readonly csvSafe?: boolean | undefined;
  /** Source columns written beside text and vector: names, or true for all. */
  readonly keepColumns?: readonly string[] | true | undefined;
  /** Model folder, run folder, RUN:step or hub id; absent: the bundled encoder. */
  readonly model?: string | undefined;
  /** Run onnx/model_quantized.onnx of the model. */
  readonly modelDtype?: WeightType | undefined;
  readonly maxLength?: number | undefined;
  readonly pooling?: string | undefined;
  /** Text put before every text, or the name of a prompt. */
  readonly prompt?: string | undefined;
  /** Prompts by name beside the model's, or one for every text. */
  readonly prompts?: GivenPrompts | undefined;
  readonly allowDownload?: boolean | undefined;
  /** Keep the first so many numbers of each vector. */
  readonly dim?: number | undefined;
  readonly dtype?: VectorType | undefined;
  /** Texts whose vectors give the ranges of int8, in place of the data's own. */
  readonly calibration?: string | undefined;
  /** `i/n`: the i-th of n parts of the texts. */
  readonly shard?: string | undefined;
  /** Most texts in a batch. */
  readonly batchSize?: number | undefined;
  readonly threads?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onEvent?: ((event: EmbedEvent) => void) | undefined;
}

export type EmbedEvent =
  | {
      readonly type: "source";
      readonly column: string;
      readonly dialect: string;
      /** Texts to embed, and those of them that an interrupted export has done. */
      readonly total: number;
    }
  | { readonly type: "model"; readonly info: EncoderInfo }
  | { readonly type: "note"; readonly message: string }
  | { readonly type: "written"; readonly rows: number; readonly before: number };
