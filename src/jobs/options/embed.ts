import { VECTOR_TYPES } from "../../embeddings/vector-type.js";
import { commonOptions } from "../../options/common-options.js";
import type { AnyTable } from "../../options/option.js";
import { deviceOption } from "../../runtime/device.js";
import { overwriteOption, runModelOptions, textColumnOption } from "./shared.js";

/** What is read and written. */
export const embedFileOptions = {
  out: {
    common: true,
    type: "text",
    required: true,
    placeholder: "file",
    description:
      "file to write: .npy, .jsonl, .csv, .safetensors, .parquet, .fvecs, .pgvector, .tsv",
  },
  ...textColumnOption,
  ...overwriteOption,
} as const satisfies AnyTable;

/** What is kept of each vector, and beside it. */
export const vectorOptions = {
  dtype: {
    common: true,
    type: "choice",
    choices: VECTOR_TYPES,
    synonyms: { fp32: "float32", fp16: "float16", q8: "int8" },
    default: "float32",
    placeholder: "type",
    description: "numbers of the vectors; binary: 8 signs a byte",
  },
  dim: {
    common: true,
    type: "integer",
    min: 1,
    description: "keep the first n numbers, divided by their norm",
  },
  calibration: {
    type: "text",
    placeholder: "file",
    otherwise: "the data's own",
    description: "texts that give int8 its ranges",
  },
  keepColumns: {
    type: "words",
    orAll: true,
    description:
      "write other source columns too: a,b or all of them (.parquet, .jsonl, .csv, .pgvector, .tsv)",
  },
  csvSafe: {
    type: "boolean",
    default: false,
    description: "in .csv, put ' before cells that a spreadsheet would take for a formula",
  },
} as const satisfies AnyTable;

export const shardOption = {
  shard: {
    type: "text",
    placeholder: "i/n",
    description:
      "only the i-th of n parts of the rows; on the command line also auto or auto/n: as Slurm, AWS Batch, Kubernetes, SkyPilot or torchrun number this process",
  },
} as const satisfies AnyTable;

/** The model, and what stands before texts. */
export const embedModelOptions = {
  ...runModelOptions,
  ...deviceOption,
  prompts: {
    ...runModelOptions.prompts,
    description:
      'name=text,…, e.g. query="query: ", for --prompt to name; a text alone stands before every text',
  },
  prompt: {
    common: true,
    type: "text",
    otherwise: "the model's default prompt",
    description: "put before every text: a prompt's name, or the text itself",
  },
  batchSize: { type: "integer", min: 1, default: 64, description: "most texts of a batch" },
} as const satisfies AnyTable;

/** Every option of `embed`. */
export const embedTable = {
  data: {
    type: "text",
    required: true,
    description: 'a file with a text column, or .txt with a text a line; "-" is standard input',
  },
  ...embedFileOptions,
  ...vectorOptions,
  ...shardOption,
  ...embedModelOptions,
  ...commonOptions,
} as const satisfies AnyTable;

/** Every option of `mergeEmbeddings`. */
export const mergeTable = {
  files: { type: "files", required: true, description: "files of all shards, in any order" },
  out: embedFileOptions.out,
  ...overwriteOption,
} as const satisfies AnyTable;
