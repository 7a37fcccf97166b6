import { existsSync } from "node:fs";
import { join } from "node:path";
import type { EncodeOptions } from "../encoder/encode.js";
import type { Encoder, EncoderInfo } from "../encoder/encoder.js";
import { loadEncoder } from "../encoder/load.js";
import { unknownTokensNote } from "../encoder/unknown-tokens.js";
import type { WeightType } from "../encoder/weight-type.js";
import type { Embed } from "../evaluation/metric.js";
import { modelFolderOf } from "../export/checkpoint-model.js";
import { runReference } from "../export/run-reference.js";
import type { Runtime } from "../runtime/runtime.js";
import { baseModel, type RunRecord, readRun } from "../training/run-folder/run-folder.js";
import type { EvaluateOptions } from "./evaluate-options.js";

/** A model to measure; `name` is what --model or --base says, undefined the bundled encoder. */
export interface ModelReference {
  readonly name: string | undefined;
  /** Of a run folder. */
  readonly run?: RunRecord | undefined;
  /** Weights that are run; default fp32. */
  readonly dtype?: WeightType | undefined;
}

/** The models to measure and what they are compared with, if anything. */
interface ModelChoice {
  readonly models: readonly ModelReference[];
  /** Another model, or one of `models`. */
  readonly base?: ModelReference | undefined;
}

/**
 * --model, and what is compared with: --base, else the model that the first run started from, else of several models the first.
 */
export function chooseModels({
  model,
  base,
  modelDtype,
}: Pick<EvaluateOptions, "model" | "base" | "modelDtype">): ModelChoice {
  const names = model === undefined ? [undefined] : [model].flat();
  const models = names.map((name) => ({ ...referenceTo(name), dtype: modelDtype }));
  if (base !== undefined) {
    // A base is run in full precision.
    const full = modelDtype === undefined || modelDtype === "fp32";
    const same = full ? models.find(({ name }) => name === base) : undefined;
    return { models, base: same ?? referenceTo(base) };
  }
  const run = models.find((one) => one.run !== undefined)?.run;
  if (run !== undefined) return { models, base: { name: baseModel(run.base) } };
  return models.length > 1 ? { models, base: models[0] } : { models };
}

/** The model that --model or --base says. */
export function referenceTo(name: string | undefined): ModelReference {
  if (name === undefined) return { name };
  const folder = runReference(name)?.run ?? name;
  return { name, run: existsSync(join(folder, "run.json")) ? readRun(folder) : undefined };
}

/** Loads a model; one that was trained on the query side alone embeds documents as the model that it started from. */
export async function openModel(
  { name, run, dtype }: ModelReference,
  options: EvaluateOptions,
  runtime: Runtime,
): Promise<{
  readonly info: EncoderInfo;
  readonly embed: Embed;
  readonly release: () => Promise<void>;
}> {
  const load = async (model: string | undefined, weights?: WeightType): Promise<Encoder> => {
    const encoder = await loadEncoder({ ...options, model, dtype: weights, runtime });
    options.onEvent?.({ type: "model", info: encoder.info, asked: name });
    return encoder;
  };
  const encoder = await load(await modelFolderOf(name, runtime), dtype);
  const queryOnly = run?.options.headSide === "query";
  const documents = queryOnly ? await load(baseModel(run.base)) : undefined;
  return {
    info: encoder.info,
    embed: embedWith(encoder, options, documents),
    release: async () => {
      await encoder.release();
      await documents?.release();
    },
  };
}

/** Texts as they stand; documents go through `documents` where a run trained the query side only. */
function embedWith(encoder: Encoder, options: EvaluateOptions, documents?: Encoder): Embed {
  const { signal, onEvent } = options;
  let told = false;
  return (texts, side) => {
    const note = told ? undefined : unknownTokensNote(encoder, texts);
    told = true;
    if (note !== undefined) onEvent?.({ type: "note", message: note });
    const chosen = side === "document" && documents !== undefined ? documents : encoder;
    const encode: EncodeOptions = {
      prompt: "",
      signal,
      onProgress: (done) =>
        onEvent?.({ type: "encoding", model: chosen.info.name, done, total: texts.length }),
    };
    return chosen.encode(texts, encode);
  };
}
