import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { UserError } from "../errors/user-error.js";
import {
  isObject,
  type JsonObject,
  numberOf,
  objectIn,
  readJsonObject,
  stringOf,
} from "../files/json-file.js";
import { usablePositions } from "./max-length.js";
import type { ModelLocation } from "./model-location.js";
import { readSentenceModules, type SentenceModules } from "./modules/read-modules.js";
import type { Prompts } from "./prompts.js";
import { type StaticFolder, staticFolder } from "./static/static-folder.js";
import { onnxFile, type WeightType } from "./weight-type.js";
import { weightsFile } from "./weights/stored-weights.js";

/** What the files of a model folder say, apart from weights and vocabulary. */
export interface ModelFolder extends ModelLocation, Prompts {
  /** Path of the ONNX file, or of model.safetensors or its index, for which a graph is written. */
  readonly modelFile: string;
  /** model_type of config.json: "bert", "roberta", … */
  readonly modelType: string;
  /** Whether tokens attend to what is before them alone, so that the mean of their vectors says little. */
  readonly causal: boolean;
  /** Tokens the model has positions for; undefined where it has no table of them. */
  readonly positions: number | undefined;
  /** Pooling and normalisation; undefined without modules.json. */
  readonly modules: SentenceModules | undefined;
  /** Folder of config.json and tokenizer.json: the model's own, or that of its first module. */
  readonly home: string;
  /** Whether tokens are looked up in a table and nothing else; then texts get no special tokens. */
  readonly isStatic: boolean;
  /** Tokens a text may have where nothing says so; undefined: as for any encoder. */
  readonly limit: number | undefined;
  /** max_seq_length of sentence_bert_config.json; of a static model its limit. */
  readonly maxSeqLength: number | undefined;
  /** do_lower_case of sentence_bert_config.json. */
  readonly lowerCase: boolean;
  /** Whether onnx/model.onnx applies a trained head already (`"head": "folded"` in config.json). */
  readonly headFolded: boolean;
}

/**
 * Reads a folder in the layout of transformers.js, of model2vec, or of sentence-transformers: config.json, tokenizer.json, onnx/model.onnx (in float16 also
 * onnx/model_fp16.onnx, of an encoder-decoder onnx/encoder_model.onnx), or with safetensors in the place of onnx/, with the files of sentence-transformers
 * beside them. What is missing or not supported is a UserError
 * that says what to do.
 */
export async function readModelFolder(
  location: ModelLocation,
  dtype: WeightType = "fp32",
): Promise<ModelFolder> {
  const { path } = location;
  const outer = await objectIn(join(path, "config.json"));
  const headFolded = outer.head === "folded";
  const listed = await readSentenceModules(path, headFolded);
  const fixed = await staticFolder(path, outer, listed);
  const inner = fixed === undefined ? encoderHome(path, listed) : path;
  const modelFile = dtype === "fp32" ? findModel(inner, fixed) : findPrecision(inner, dtype);
  if (fixed === undefined) requireConfig(inner);
  const [config, sentence, prompts] = await Promise.all([
    objectIn(join(inner, "config.json")),
    objectIn(join(inner, "sentence_bert_config.json")),
    readPrompts(path),
  ]);
  const modelType = stringOf(config.model_type) ?? "";
  const table = numberOf(config.max_position_embeddings);
  return {
    ...location,
    modelFile,
    modelType,
    causal: isCausal(modelType, config),
    positions: table === undefined || table <= 0 ? undefined : usablePositions(modelType, table),
    modules: fixed?.modules ?? listed,
    home: fixed?.home ?? inner,
    isStatic: fixed !== undefined,
    limit: fixed?.limit,
    // A static model's length and case are its tokenizer's own.
    maxSeqLength: fixed === undefined ? numberOf(sentence.max_seq_length) : fixed.limit,
    lowerCase: fixed === undefined && sentence.do_lower_case === true,
    ...prompts,
    headFolded,
  };
}

/** The model folder, or that of its first module where early releases of sentence-transformers put the encoder's files: 0_Transformer/. */
function encoderHome(path: string, modules: SentenceModules | undefined): string {
  const inner = join(path, modules?.path ?? "");
  return existsSync(join(path, "config.json")) || !existsSync(join(inner, "config.json"))
    ? path
    : inner;
}

function requireConfig(path: string): void {
  if (existsSync(join(path, "config.json"))) return;
  throw new UserError("no-config", `model folder "${path}" has no config.json`, {
    hint: "write it in Python with AutoConfig.from_pretrained(…).save_pretrained(folder)",
  });
}

/** How the tokenizer of a folder is used. */
export function tokenizing({ lowerCase, isStatic }: ModelFolder) {
  return { lowerCase, isBare: isStatic };
}

/** Decoders, by model_type. */
const DECODERS =
  /^(qwen|llama|mistral|mixtral|gemma|phi|gpt|opt$|bloom|falcon|stablelm|olmo|cohere|granite$|smollm|xglm|mpt$|starcoder)/;

/** A decoder, unless its configuration says that tokens attend to both sides. */
function isCausal(modelType: string, config: JsonObject): boolean {
  const both = config.is_causal === false || config.use_bidirectional_attention === true;
  return DECODERS.test(modelType) && !both;
}

/**
 * The ONNX file in full or half precision, the safetensors where there is none, or an error that tells what the folder has in its place.
 * Of a static model the safetensors come first, for they hold its table as it is.
 */
function findModel(path: string, fixed: StaticFolder | undefined): string {
  const own = fixed && weightsFile(fixed.home);
  if (own !== undefined) return own;
  for (const name of ["model.onnx", "encoder_model.onnx", "model_fp16.onnx"]) {
    const file = join(path, "onnx", name);
    if (existsSync(file)) return file;
  }
  const weights = weightsFile(path);
  if (weights !== undefined) return weights;
  const others = filesOf(join(path, "onnx")).filter((name) => name.endsWith(".onnx"));
  if (others.length > 0) {
    throw new UserError(
      "quantized-only",
      `model folder "${path}" has no onnx/model.onnx, only ${others.map((name) => `onnx/${name}`).join(", ")}`,
      { hint: otherFilesHint(others) },
    );
  }
  throw withoutModel(path);
}

function withoutModel(path: string): UserError {
  const pickles = filesOf(path).filter((name) => /\.(bin|pt|pth|ckpt)$/.test(name));
  const found = pickles.length === 0 ? "" : `, only ${pickles.join(", ")}`;
  const problem = `model folder "${path}" has no onnx/model.onnx and no model.safetensors${found}`;
  const save = "save it in Python with save_pretrained(folder, safe_serialization=True)";
  const run = `export it once: optimum-cli export onnx --model ${path} --task feature-extraction ${join(path, "onnx")}`;
  const hint = pickles.length === 0 ? run : `pickles can run any code and are never read; ${save}`;
  return new UserError("no-onnx", problem, { hint });
}

function otherFilesHint(names: readonly string[]): string {
  const quantised = names.every((name) => /quant|u?int8|q4|q8|bnb4/i.test(name));
  return quantised
    ? "quantised weights cannot be trained; add the float32 file of the same model"
    : "call the encoder's float32 file onnx/model.onnx";
}

/** A file beside onnx/model.onnx, for embedding alone: it is not trained. */
function findPrecision(path: string, type: WeightType): string {
  const name = onnxFile(type);
  const file = join(path, "onnx", name);
  if (existsSync(file)) return file;
  throw new UserError("no-quantized", `model folder "${path}" has no onnx/${name}`, {
    hint: `write one: embtune export ${path} --to DIR --dtype ${type}`,
  });
}

function filesOf(folder: string): string[] {
  try {
    return readdirSync(folder).sort();
  } catch {
    return [];
  }
}

/** The prompts of a model folder. A default that is not among them counts for nothing. */
export async function readPrompts(path: string): Promise<Prompts> {
  const config = (await readJsonObject(join(path, "config_sentence_transformers.json"))) ?? {};
  const listed = isObject(config.prompts) ? Object.entries(config.prompts) : [];
  const prompts = Object.fromEntries(
    listed.filter((entry): entry is [string, string] => typeof entry[1] === "string"),
  );
  const name = stringOf(config.default_prompt_name);
  return {
    prompts,
    defaultPromptName: name !== undefined && Object.hasOwn(prompts, name) ? name : undefined,
  };
}
