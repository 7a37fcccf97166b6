import { type PromptUse, promptFor } from "../encoder/prompts.js";
import { throwIfInterrupted } from "../errors/interrupted.js";
import { usageError } from "../errors/user-error.js";
import type { Matrix } from "../math/tensor.js";
import { resolveGiven } from "../options/values.js";
import { type LoadedModel, type LoadModelOptions, loadModel } from "./load-model.js";
import { embeddingModelTable } from "./options/load-model.js";

/** How texts are embedded. */
export interface EmbeddingModelOptions extends LoadModelOptions {
  /** Which of the model's prompts stands before texts; default `other`: its default prompt, mostly none. */
  readonly use?: PromptUse;
  /** Version of the interface: `v4` of AI SDK 7 (default), `v3` of AI SDK 6. */
  readonly specification?: "v3" | "v4";
}

/** What the AI SDK asks for with a call. */
interface EmbedCall {
  readonly values: readonly string[];
  /** The first n numbers, divided by their norm; for models trained with --matryoshka. */
  readonly dimensions?: number | undefined;
  readonly abortSignal?: AbortSignal | undefined;
}

/** What a call gives back. */
interface EmbedAnswer {
  readonly embeddings: number[][];
  /** Tokens of the texts, prompts and special ones included. */
  readonly usage: { readonly tokens: number };
  readonly warnings: never[];
}

/** An embedding model of the Vercel AI SDK (EmbeddingModelV4, EmbeddingModelV3). */
export interface EmbeddingModel<Specification extends "v3" | "v4" = "v4"> {
  readonly specificationVersion: Specification;
  readonly provider: "embtune";
  readonly modelId: string;
  readonly maxEmbeddingsPerCall: number;
  readonly supportsParallelCalls: boolean;
  readonly doEmbed: (call: EmbedCall) => Promise<EmbedAnswer>;
  /** Ends the model's runtime, if a call has loaded it. */
  readonly release: () => Promise<void>;
}

/**
 * A model for `embed` and `embedMany` of the Vercel AI SDK: a model folder, run folder or (with `allowDownload`) hub id; without a name the bundled encoder.
 * It is loaded by the first call.
 *
 *     import { embed } from "ai";
 *     import { embeddingModel } from "embtune/ai";
 *     const model = embeddingModel("runs/first");
 *     const { embedding } = await embed({ model, value: "a text" });
 */
export function embeddingModel<Specification extends "v3" | "v4" = "v4">(
  model?: string,
  options: EmbeddingModelOptions & { readonly specification?: Specification } = {},
): EmbeddingModel<Specification> {
  const { hub, ...given } = options;
  const { use, specification, ...loading } = resolveGiven(
    embeddingModelTable,
    { ...given, model },
    "embeddingModel",
  );
  let opened: Promise<LoadedModel> | undefined;
  const open = (): Promise<LoadedModel> => {
    opened ??= loadModel(model, { ...loading, hub });
    return opened;
  };
  return {
    specificationVersion: specification as Specification,
    provider: "embtune",
    modelId: model ?? "bundled",
    maxEmbeddingsPerCall: 1024,
    // A call has all cores already.
    supportsParallelCalls: false,
    doEmbed: async (call) => embedCall(await open(), use, call),
    release: async () => (await opened)?.release(),
  };
}

async function embedCall(
  model: LoadedModel,
  use: PromptUse,
  { values, dimensions, abortSignal: signal }: EmbedCall,
): Promise<EmbedAnswer> {
  throwIfInterrupted(signal);
  const prompt = promptFor(model.info, use);
  const vectors = await model.encode(values, { prompt, signal });
  const tokens = model.tokenize(values.map((text) => prompt + text));
  return {
    embeddings: rowsOf(vectors, dimensions),
    usage: { tokens: tokens.reduce((sum, { length }) => sum + length, 0) },
    warnings: [],
  };
}

/** Rows as plain numbers; cut ones are divided by their norm. */
function rowsOf({ rows, cols, data }: Matrix, dimensions = cols): number[][] {
  if (!Number.isSafeInteger(dimensions) || dimensions < 1 || dimensions > cols)
    throw usageError(
      "bad-option",
      `dimensions must be a whole number from 1 to ${cols}, got ${dimensions}`,
    );
  return Array.from({ length: rows }, (_, i) => {
    const row = Array.from(data.subarray(i * cols, i * cols + dimensions));
    if (dimensions === cols) return row;
    const norm = Math.hypot(...row);
    return norm === 0 ? row : row.map((x) => x / norm);
  });
}
