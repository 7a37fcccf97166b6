import { existsSync } from "node:fs";
import { copyFile, mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { EncoderInfo } from "../encoder/encoder.js";
import { HEAD_NAMES, type HeadSpec } from "../encoder/head.js";
import { readTokenModel } from "../encoder/inference-model.js";
import { internal } from "../errors/internal.js";
import type { Tensor } from "../math/tensor.js";
import { encode } from "../onnx/model.js";
import { writeFolderAtomic } from "../runtime/files.js";
import { broadcastForm } from "./broadcast-form.js";
import { foldLinearHead } from "./linear-form.js";

/** What goes into a model folder. */
export interface ModelContent {
  /** The encoder that was trained on. */
  readonly encoder: EncoderInfo;
  /** The trained head; absent: the encoder as it is. */
  readonly head?:
    | { readonly spec: HeadSpec; readonly parameters: ReadonlyMap<string, Tensor> }
    | undefined;
}

/** Files that are taken over as they are, where the encoder has them. */
const copied = ["tokenizer.json", "special_tokens_map.json", "vocab.txt", "added_tokens.json"];

/**
 * Writes a folder that transformers.js loads, whole or not at all: onnx/model.onnx with the head folded in, so that
 * `pipeline("feature-extraction")(text, { pooling, normalize: true })` gives the tuned vector; tokenizer, config.json with
 * `"head": "folded"`, and modules.json without a Dense, so that no reader applies the head twice. A full disk or read-only folder is a
 * UserError and leaves nothing.
 */
export async function writeModelFolder(target: string, content: ModelContent): Promise<void> {
  await writeFolderAtomic(target, async (folder) => {
    await mkdir(join(folder, "onnx"));
    await writeFile(join(folder, "onnx", "model.onnx"), await modelBytes(content));
    await copyTokenizer(content.encoder, folder);
    await writeJson(join(folder, "config.json"), await configOf(content));
    await writeSentenceModules(folder, content);
  });
}

async function modelBytes({ encoder, head }: ModelContent): Promise<Uint8Array> {
  const { model, hidden } = await readTokenModel(join(encoder.path, "onnx", "model.onnx"));
  if (head === undefined) return encode(model);
  const { spec, parameters } = head;
  if (spec.kind === "linear") {
    const weight = parameters.get(HEAD_NAMES.projection) ?? internal("a linear head has a weight");
    return encode(foldLinearHead(model, hidden, weight));
  }
  const { pooling, normalize } = encoder;
  return encode(broadcastForm(model, hidden, { pooling, normalize, head: spec, parameters }));
}

async function copyTokenizer(encoder: EncoderInfo, folder: string): Promise<void> {
  for (const name of copied) {
    const source = join(encoder.path, name);
    if (existsSync(source)) await copyFile(source, join(folder, name));
  }
  const config = await readJsonFile(join(encoder.path, "tokenizer_config.json"));
  const limited = { ...config, model_max_length: encoder.maxLength };
  await writeJson(join(folder, "tokenizer_config.json"), limited);
}

async function configOf({ encoder, head }: ModelContent): Promise<Record<string, unknown>> {
  const config = await readJsonFile(join(encoder.path, "config.json"));
  return head === undefined ? config : { ...config, head: "folded" };
}

async function writeSentenceModules(folder: string, content: ModelContent): Promise<void> {
  const { encoder } = content;
  const source = await readJsonFile(join(encoder.path, "sentence_bert_config.json"));
  const prompts = await readJsonFile(join(encoder.path, "config_sentence_transformers.json"));
  const names = ["Transformer", "Pooling", ...(encoder.normalize ? ["Normalize"] : [])];
  const modules = names.map((name, idx) => ({
    idx,
    name: String(idx),
    path: name === "Transformer" ? "" : `${idx}_${name}`,
    type: `sentence_transformers.models.${name}`,
  }));
  await writeJson(join(folder, "modules.json"), modules);
  await mkdir(join(folder, "1_Pooling"));
  await writeJson(join(folder, "1_Pooling", "config.json"), poolingConfig(content));
  await writeJson(join(folder, "sentence_bert_config.json"), {
    do_lower_case: false,
    ...source,
    max_seq_length: encoder.maxLength,
  });
  if (Object.keys(prompts).length > 0) {
    await writeJson(join(folder, "config_sentence_transformers.json"), prompts);
  }
}

function poolingConfig({ encoder, head }: ModelContent): Record<string, unknown> {
  return {
    word_embedding_dimension: head?.spec.outputDim ?? encoder.dimension,
    pooling_mode_cls_token: encoder.pooling === "cls",
    pooling_mode_mean_tokens: encoder.pooling === "mean",
    pooling_mode_max_tokens: false,
    pooling_mode_mean_sqrt_len_tokens: false,
    pooling_mode_lasttoken: encoder.pooling === "last",
  };
}

/** The object in a JSON file; none where there is no such file. */
async function readJsonFile(path: string): Promise<Record<string, unknown>> {
  if (!existsSync(path)) return {};
  return JSON.parse(await readFile(path, "utf8")) as Record<string, unknown>;
}

async function writeJson(path: string, value: unknown): Promise<void> {
  await writeFile(path, `${JSON.stringify(value, null, 2)}\n`);
}
