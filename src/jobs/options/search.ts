import { columnOptions } from "../../dataset/reading-options.js";
import { commonOptions } from "../../options/common-options.js";
import type { AnyTable } from "../../options/option.js";
import { measuredModelOptions, measureOptions } from "./evaluate.js";
import { runModelOptions, textColumnOption } from "./shared.js";

/** Where vectors are kept from one call to the next. */
const cacheOptions = {
  cache: {
    type: "boolean",
    default: true,
    negation: "keep no vectors, and use none that were kept",
    description: "keep vectors for the next call",
  },
  cacheFolder: {
    type: "text",
    placeholder: "dir",
    otherwise: "~/.cache/embtune/vectors",
    description: "folder where vectors are kept, by the hashes of model and text",
  },
} as const satisfies AnyTable;

/** What `search` shows. */
export const searchViewOptions = {
  k: { common: true, type: "integer", min: 1, max: 1000, default: 10, description: "texts shown" },
  ...textColumnOption,
  ...cacheOptions,
} as const satisfies AnyTable;

/** Under which models. */
export const searchModelOptions = {
  ...runModelOptions,
  model: measuredModelOptions.model,
  base: measureOptions.base,
} as const satisfies AnyTable;

/** Every option of `openSearch`. */
export const searchTable = {
  corpus: { type: "text", required: true, description: "texts to look through" },
  ...searchViewOptions,
  ...searchModelOptions,
  ...commonOptions,
} as const satisfies AnyTable;

/** What `similar` looks for. */
export const similarViewOptions = {
  top: {
    common: true,
    type: "integer",
    min: 1,
    max: 1000,
    default: 20,
    description: "pairs, groups and rows shown of each",
  },
  threshold: {
    common: true,
    type: "number",
    above: 0,
    max: 1,
    default: 0.95,
    description: "texts with at least this cosine are near-duplicates",
  },
  k: {
    common: true,
    type: "integer",
    min: 1,
    max: 1000,
    default: 10,
    description: "neighbours that vote on a row's label",
  },
  ...cacheOptions,
} as const satisfies AnyTable;

/** Every option of `findSimilar`. */
export const similarTable = {
  data: { type: "text", required: true, description: "rows of any kind" },
  ...similarViewOptions,
  ...columnOptions,
  ...runModelOptions,
  ...commonOptions,
} as const satisfies AnyTable;
