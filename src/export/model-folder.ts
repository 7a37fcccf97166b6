import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { HEAD_NAMES, headSpec } from "../encoder/head.js";
import { writeManifest } from "../encoder/model-manifest.js";
import { onnxFile } from "../encoder/weight-type.js";
import { internal } from "../errors/internal.js";
import { writeFolderAtomic, writeReporting } from "../files/files.js";
import { objectIn, writeJson } from "../files/json-file.js";
import { encode, type ModelProto } from "../onnx/model.js";
import { type BroadcastForm, broadcastForm } from "./embed-per-token.js";
import { foldLinearHead } from "./fold-linear-head.js";
import {
  copyTokenizer,
  float32Config,
  foldedModules,
  writeConfig,
  writeSentenceModules,
} from "./folder-files.js";
import {
  contentHead,
  type HeadContent,
  isFolded,
  isPlainPooling,
  type ModelContent,
  matryoshkaDimensions,
  sourceFile,
  tunedTokenModel,
} from "./model-content.js";
import { type Calibrate, type Precision, withPrecision } from "./precision/precision.js";
import { requireInput } from "./require-input.js";
import { bareTokenizer, staticConfig } from "./static-files.js";

/** How a transformers.js folder is written. */
interface ModelFolderOptions {
  /**
   * Pooling and head in the graph in any case, the embedding at every token, and the inputs and files that fastembed insists on:
   * it takes the first token whatever the model says.
   */
  readonly broadcast?: boolean;
  /** Further files beside the fp32 model: model_fp16.onnx, model_quantized.onnx; and who measures what is quantised. */
  readonly further?: { readonly precisions: readonly Precision[]; readonly calibrate: Calibrate };
  /** Puts more into the folder before it appears. */
  readonly extra?: ((folder: string) => Promise<void>) | undefined;
}

const noneFurther = {
  precisions: [],
  calibrate: () => internal("float32 needs no ranges"),
};

/**
 * Writes a folder that transformers.js loads, whole or not at all: onnx/model.onnx with the head folded in, so that
 * `pipeline("feature-extraction")(text, { pooling, normalize: true })` gives the tuned vector; tokenizer, config.json with
 * `"head": "folded"`, modules.json without a Dense, so that no reader applies the head twice, and manifest.json with the SHA-256 of each file. A full disk or read-only folder is a
 * UserError and leaves nothing.
 */
export async function writeModelFolder(
  target: string,
  content: ModelContent,
  options: ModelFolderOptions = {},
): Promise<void> {
  const model = await composedModel(content, options.broadcast ?? false);
  await writeFolderAtomic(target, async (folder) => {
    await mkdir(join(folder, "onnx"));
    await writeReporting(join(folder, "onnx", "model.onnx"), encode(model));
    const { precisions, calibrate } = options.further ?? noneFurther;
    for (const precision of precisions) {
      const bytes = encode(await withPrecision(model, precision, calibrate));
      await writeReporting(join(folder, "onnx", onnxFile(precision)), bytes);
    }
    await copyTokenizer(folder, content);
    if (content.encoder.isStatic) await bareTokenizer(folder);
    if (options.broadcast) await writeTokensMap(folder, content);
    await writeConfig(folder, content, await configOf(content, precisions));
    await writeSentenceModules(folder, content, foldedModules(content));
    await options.extra?.(folder);
    await writeManifest(folder);
  });
}

/** The encoder with its head: a linear head as one MatMul on the token vectors, anything else by `broadcastForm`. */
async function composedModel(content: ModelContent, broadcast: boolean): Promise<ModelProto> {
  const { model, hidden } = await tunedTokenModel(content);
  const { encoder } = content;
  const { pooling, normalize } = encoder;
  const head = contentHead(content);
  const form = (one: HeadContent): BroadcastForm => ({
    pooling,
    normalize,
    head: one.spec,
    parameters: one.parameters,
  });
  if (broadcast) {
    const every = broadcastForm(model, hidden, form(head ?? noHead(encoder.dimension)));
    return requireInput(every, "token_type_ids");
  }
  if (!isPlainPooling(encoder))
    return broadcastForm(model, hidden, form(head ?? noHead(encoder.dimension)));
  if (head === undefined) return model;
  const { spec, parameters } = head;
  if (spec.kind === "linear") {
    const weight = parameters.get(HEAD_NAMES.projection) ?? internal("a linear head has a weight");
    return foldLinearHead(model, hidden, weight);
  }
  return broadcastForm(model, hidden, form(head));
}

function noHead(size: number): HeadContent {
  return { spec: headSpec(size, { kind: "none" }), parameters: new Map() };
}

/** In a browser transformers.js takes q8 by default, so a folder without it must say what it has. */
function browserConfig(precisions: readonly Precision[]) {
  return precisions.includes("q8") ? undefined : { dtype: "fp32" };
}

async function configOf(
  content: ModelContent,
  precisions: readonly Precision[],
): Promise<Record<string, unknown>> {
  const { encoder } = content;
  const config = encoder.isStatic
    ? staticConfig(encoder)
    : float32Config(await objectIn(sourceFile(content, "config.json")));
  const dimensions = matryoshkaDimensions(content);
  return {
    ...config,
    "transformers.js_config": browserConfig(precisions),
    head: isFolded(content) ? "folded" : config.head,
    matryoshka_dimensions: dimensions.length === 0 ? config.matryoshka_dimensions : dimensions,
  };
}

/** fastembed wants special_tokens_map.json, which newer tokenizers no longer have. */
async function writeTokensMap(folder: string, content: ModelContent): Promise<void> {
  const path = join(folder, "special_tokens_map.json");
  if (existsSync(path)) return;
  const config = await objectIn(sourceFile(content, "tokenizer_config.json"));
  const tokens = Object.entries(config).filter(([name]) =>
    /^(bos|eos|unk|sep|pad|cls|mask)_token$/.test(name),
  );
  await writeJson(path, Object.fromEntries(tokens));
}
