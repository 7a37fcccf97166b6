import { existsSync } from "node:fs";
import { copyFile, mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type PoolingConfig, poolingSettings } from "../encoder/modules/pooling-config.js";
import { objectIn, writeJson } from "../files/json-file.js";
import { keepFloats } from "./float-literals.js";
import { isPlainPooling, type ModelContent, outputDimension, sourceFile } from "./model-content.js";

/** Files that are taken over as they are, where the encoder has them. */
const copied = ["tokenizer.json", "special_tokens_map.json", "vocab.txt", "added_tokens.json"];

/** Copies the tokenizer's files; its configuration gets the encoder's maximum length. */
export async function copyTokenizer(folder: string, content: ModelContent): Promise<void> {
  for (const name of copied) {
    const source = sourceFile(content, name);
    if (existsSync(source)) await copyFile(source, join(folder, name));
  }
  const config = await objectIn(sourceFile(content, "tokenizer_config.json"));
  const limited = { ...config, model_max_length: content.encoder.maxLength };
  await writeJson(join(folder, "tokenizer_config.json"), limited);
}

/**
 * A source's config.json for weights that are float32 and inside the model file, whatever the source's were: readers otherwise
 * convert them to the source's type (transformers) or look for its data files (transformers.js).
 */
export function float32Config({
  dtype: _,
  "transformers.js_config": __,
  ...config
}: Record<string, unknown>): Record<string, unknown> {
  return { ...config, torch_dtype: "float32" };
}

/** Writes config.json, with the floats of the source's as floats. */
export async function writeConfig(
  folder: string,
  content: ModelContent,
  config: Readonly<Record<string, unknown>>,
): Promise<void> {
  const source = sourceFile(content, "config.json");
  const text = existsSync(source) ? await readFile(source, "utf8") : "";
  await writeFile(
    join(folder, "config.json"),
    `${keepFloats(JSON.stringify(config, null, 2), text)}\n`,
  );
}

/** A module of modules.json. */
export interface SentenceModule {
  readonly kind:
    | "Transformer"
    | "StaticEmbedding"
    | "Pooling"
    | "Dense"
    | "LayerNorm"
    | "Normalize";
  /** Writes what belongs into the module's folder; absent: it has none of its own. */
  readonly write?: (folder: string) => Promise<void>;
}

/** Folders of first modules: the model's own, written as older versions of sentence-transformers want it. */
const ownPaths: Readonly<Record<string, string>> = { Transformer: "", StaticEmbedding: "." };

/**
 * Writes modules.json with the class paths that every version of sentence-transformers knows, the folder of each module, and the
 * settings of the whole: maximum length, prompts, similarity.
 */
export async function writeSentenceModules(
  folder: string,
  content: ModelContent,
  modules: readonly SentenceModule[],
): Promise<void> {
  const listed = modules.map(({ kind }, idx) => ({
    idx,
    name: String(idx),
    path: ownPaths[kind] ?? `${idx}_${kind}`,
    type: `sentence_transformers.models.${kind}`,
  }));
  await writeJson(join(folder, "modules.json"), listed);
  for (const [idx, { write }] of modules.entries()) {
    if (write === undefined) continue;
    const path = join(folder, listed[idx].path);
    await mkdir(path, { recursive: true });
    await write(path);
  }
  if (!content.encoder.isStatic) await writeSentenceConfig(folder, content);
  await writeSettings(folder, content);
}

async function writeSentenceConfig(folder: string, content: ModelContent): Promise<void> {
  const source = await objectIn(sourceFile(content, "sentence_bert_config.json"));
  // Only what every version of sentence-transformers takes: older ones refuse the keys of newer ones.
  await writeJson(join(folder, "sentence_bert_config.json"), {
    max_seq_length: content.encoder.maxLength,
    do_lower_case: source.do_lower_case === true,
  });
}

async function writeSettings(folder: string, content: ModelContent): Promise<void> {
  const name = "config_sentence_transformers.json";
  const source = await objectIn(sourceFile(content, name));
  const { prompts, defaultPromptName } = content.encoder;
  await writeJson(join(folder, name), {
    similarity_fn_name: "cosine",
    ...source,
    prompts,
    default_prompt_name: defaultPromptName ?? null,
  });
}

/** The Pooling module for vectors of `dimension` numbers. */
export function poolingModule(config: PoolingConfig, dimension: number): SentenceModule {
  const settings = poolingSettings(config, dimension);
  return { kind: "Pooling", write: (folder) => writeJson(join(folder, "config.json"), settings) };
}

/**
 * The modules of a folder whose ONNX file applies the head itself: no Dense, so that no reader applies it twice. Where it pools
 * as well, every token has the text's vector, and their mean is that vector.
 */
export function foldedModules(content: ModelContent): SentenceModule[] {
  const { pooling, includePrompt, normalize, isStatic } = content.encoder;
  const unit: SentenceModule[] = normalize ? [{ kind: "Normalize" }] : [];
  if (isStatic) return [{ kind: "StaticEmbedding" }, ...unit];
  const config: PoolingConfig = isPlainPooling(content.encoder)
    ? { pooling, includePrompt }
    : { pooling: "mean", includePrompt: true };
  return [{ kind: "Transformer" }, poolingModule(config, outputDimension(content)), ...unit];
}
