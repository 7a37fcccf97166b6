import { modelOptions } from "../../encoder/model-options.js";
import { LOW_RANK_TARGETS } from "../../graph/rewrites/low-rank.js";
import type { TrainRows } from "./row.js";

/** What all runs of a comparison take of the encoder alike. */
const shared = { group: "Model", compared: "shared" } as const;

const encoder = { group: "Encoder (--tune last:K, lora, full)" } as const;

/** The encoder, what of it is trained, and the head on it. */
export const modelRows = {
  model: { ...modelOptions.model, ...shared, resume: "free" },
  allowDownload: { ...modelOptions.allowDownload, ...shared, resume: "free" },
  maxLength: { ...modelOptions.maxLength, ...shared },
  pooling: { ...modelOptions.pooling, ...shared },
  prompts: {
    ...modelOptions.prompts,
    ...shared,
    description: `${modelOptions.prompts.description}; goes into model/`,
  },
  tune: {
    common: true,
    type: "text",
    pattern: /^(head|lora|full|last:[1-9]\d*)$/,
    expected: "head, last:K, lora or full",
    examples: ["head", "lora", "full", "last:2"],
    default: "head",
    group: "Model",
    placeholder: "what",
    description: "what is trained: head, last:K (layers), lora or full",
  },
  head: {
    type: "choice",
    choices: ["linear", "mlp", "none"],
    group: "Model",
    placeholder: "kind",
    otherwise: "linear with --tune head, otherwise none",
    description: "projection on top of the encoder",
  },
  headDim: {
    type: "integer",
    min: 1,
    max: 65_536,
    group: "Model",
    placeholder: "d",
    otherwise: "the encoder's",
    description: "dimensions of the tuned embedding",
  },
  headHidden: {
    type: "integer",
    min: 1,
    max: 65_536,
    group: "Model",
    placeholder: "d",
    otherwise: "the encoder's dimensions",
    description: "hidden size of --head mlp",
  },
  headSide: {
    type: "choice",
    choices: ["both", "query"],
    default: "both",
    group: "Model",
    placeholder: "side",
    description: "query: only anchors go through the head, an indexed corpus stays valid",
  },
  loraRank: {
    ...encoder,
    type: "integer",
    min: 1,
    max: 4096,
    default: 8,
    placeholder: "r",
    description: "rank of the adapters",
  },
  loraAlpha: {
    ...encoder,
    type: "number",
    above: 0,
    default: 16,
    placeholder: "a",
    description: "adapters are scaled by alpha/rank",
  },
  loraTargets: {
    ...encoder,
    type: "words",
    choices: LOW_RANK_TARGETS,
    default: ["query", "value"],
    placeholder: "names",
    description: "linear maps that get an adapter",
  },
  freeze: {
    ...encoder,
    type: "choice",
    choices: ["embeddings"],
    placeholder: "part",
    description: "with --tune full: keep the embedding tables",
  },
  layerDecay: {
    ...encoder,
    type: "number",
    above: 0,
    max: 1,
    default: 1,
    placeholder: "f",
    description: "factor on the rate of each layer below the last",
  },
  dropout: {
    ...encoder,
    type: "number",
    min: 0,
    below: 1,
    words: ["config"],
    placeholder: "p",
    otherwise: "0; config where layers learn from scores",
    description:
      "probability of dropping elements, or config: the rates of the model's config.json",
  },
  miniBatchTokens: {
    ...encoder,
    type: "integer",
    min: 1,
    description:
      "embed at most so many tokens at once: large batches in little memory, the same gradient",
  },
  accumulate: {
    ...encoder,
    type: "integer",
    min: 1,
    max: 65_536,
    default: 1,
    placeholder: "k",
    description: "batches whose gradients make one update",
  },
} as const satisfies TrainRows;
