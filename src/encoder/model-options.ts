import type { AnyTable } from "../options/option.js";

/** Which model is used, and what of it is used otherwise than its folder says. */
export const modelOptions = {
  model: {
    common: true,
    type: "text",
    placeholder: "model",
    otherwise: "the bundled embtune-mini-en",
    description: "model folder, run folder or hub id org/name",
  },
  allowDownload: {
    type: "boolean",
    default: false,
    description: "let a model org/name be fetched from the hub",
  },
  maxLength: {
    type: "integer",
    min: 3,
    otherwise: "what the model says",
    description: "most tokens a text may have",
  },
  pooling: {
    type: "text",
    placeholder: "name",
    otherwise: "what the model says",
    description:
      "pooling, where the model folder does not say: mean, cls, last, max, weightedmean, mean_sqrt_len_tokens, or several joined by +",
  },
  prompts: {
    type: "prompts",
    placeholder: "map",
    otherwise: "the model's",
    description: 'texts before texts, by name: query="ask: ",document="say: ", or one for all',
  },
} as const satisfies AnyTable;
