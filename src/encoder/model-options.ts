import type { AnyTable } from "../options/option.js";
import { POOLING_MODES } from "./pooling-mode.js";

/** Which model is used, and what of it is used otherwise than its folder says. */
export const modelOptions = {
  model: {
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
    type: "choice",
    choices: POOLING_MODES,
    placeholder: "name",
    otherwise: "what the model says, else mean",
    description: "pooling, where the model folder does not say",
  },
  prompts: {
    type: "prompts",
    placeholder: "map",
    otherwise: "the model's",
    description:
      'query="query: ",document="passage: " before anchors, and before positives and negatives, or one text before all',
  },
} as const satisfies AnyTable;
