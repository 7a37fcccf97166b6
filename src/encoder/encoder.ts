import type { Matrix, Tensor } from "../math/tensor.js";
import type { EncodeOptions } from "./encode.js";
import type { ModelOrigin } from "./model-location.js";
import type { ModuleStack } from "./modules/module-stack.js";
import type { Pooling } from "./pooling-mode.js";
import type { Prompts } from "./prompts.js";

/** Who said how to pool: the folder's 1_Pooling, `--pooling`, or nobody, so that the mean was taken. */
export type PoolingSource = "folder" | "option" | "guess";

/** What a loaded encoder is and does. */
export interface EncoderInfo extends Prompts {
  /** Folder of the model. */
  readonly path: string;
  /** Its ONNX file, or model.safetensors or its index. */
  readonly modelFile: string;
  /** Name of the folder or hub id. */
  readonly name: string;
  readonly source: ModelOrigin;
  /** SHA-256, hex, over model file, tokenizer and the settings that change vectors (pooling, normalisation, lower-casing). */
  readonly hash: string;
  /** D: numbers in a vector. */
  readonly dimension: number;
  /** Tokens a text may have, special ones included; what is longer is cut. */
  readonly maxLength: number;
  readonly pooling: Pooling;
  readonly poolingSource: PoolingSource;
  /** Whether other readers of the folder put padding before shorter texts. */
  readonly padsLeft: boolean;
  /** Whether tokens of a prompt are pooled. */
  readonly includePrompt: boolean;
  /** The folder's modules between pooling and a last normalisation, whether they are applied or left; undefined: none. */
  readonly modules: ModuleStack | undefined;
  /** Whether vectors have unit length, behind the modules. */
  readonly normalize: boolean;
  /** Whether the ONNX file applies a trained head already. */
  readonly headFolded: boolean;
  /** Whether it is a static model: a table of token vectors and their mean. */
  readonly isStatic?: boolean | undefined;
  /** Folder of tokenizer.json and config.json, where that is not `path`: of the first module of sentence-transformers. */
  readonly tokenizerPath?: string | undefined;
  /** Whether its files were checked against the SHA-256 in its manifest.json; false where it has none. */
  readonly checked?: boolean | undefined;
}

/** Another model over the same inputs. */
export interface EncoderRun {
  /** Inputs of a batch → vectors [B, width]. */
  readonly run: (feeds: Record<string, Tensor>) => Promise<Tensor>;
  /** Names of its inputs. */
  readonly inputs: readonly string[];
  readonly width: number;
  /** Whether the vectors are divided by their length. */
  readonly normalize: boolean;
}

/** A loaded encoder. Holds a session of the runtime until `release`. */
export interface Encoder {
  readonly info: EncoderInfo;
  /** Token ids of each text without a prompt, at most `maxLength`, special tokens included. */
  readonly tokenize: (texts: readonly string[]) => Int32Array[];
  /** Vectors [texts, D] in the order of the texts. */
  readonly encode: (texts: readonly string[], options?: EncodeOptions) => Promise<Matrix>;
  /** As `encode`, with another model's vectors: `run` makes [B, width] of a batch's inputs, padded at the end. */
  readonly encodeWith: (
    run: EncoderRun,
    texts: readonly string[],
    options?: EncodeOptions,
  ) => Promise<Matrix>;
  /** Tokens at the beginning of a text that belong to a prompt and are not pooled; 0 unless the model leaves them out. */
  readonly promptTokens: (text: string) => number;
  /** Id that fills the end of shorter texts of a batch. */
  readonly padId: number;
  /** Id of what the tokenizer's vocabulary does not have; undefined where it has no such token. */
  readonly unknownId?: number | undefined;
  /** As `encode` for each part of a stream, in memory that does not grow with their number. */
  readonly encodeStream: (
    parts: AsyncIterable<readonly string[]> | Iterable<readonly string[]>,
    options?: EncodeOptions,
  ) => AsyncGenerator<Matrix>;
  readonly release: () => Promise<void>;
}
