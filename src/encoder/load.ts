import { dirname, join } from "node:path";
import { internal } from "../errors/internal.js";
import { UserError, usageError } from "../errors/user-error.js";
import type { Tensor } from "../math/tensor.js";
import { collectGarbage } from "../runtime/collect-garbage.js";
import type { Device } from "../runtime/device.js";
import type { Runtime, Session } from "../runtime/runtime.js";
import { batchFeeds } from "./batching.js";
import { type EncodingModel, encodeStream, encodeTexts } from "./encode.js";
import type { Encoder, EncoderInfo, PoolingSource } from "./encoder.js";
import { EMBEDDING, type InferenceForm, readInferenceModel } from "./inference-model.js";
import { resolveMaxLength } from "./max-length.js";
import { type ModelFolder, readModelFolder, readPrompts, tokenizing } from "./model-folder.js";
import { modelHash } from "./model-hash.js";
import { type LocateOptions, locateModel } from "./model-location.js";
import { checkManifest } from "./model-manifest.js";
import { type Pooling, parsePooling } from "./pooling-mode.js";
import { type GivenPrompts, type Prompts, promptFor, withPrompts } from "./prompts.js";
import { runnable } from "./runnable.js";
import { requireMeans } from "./static/check-bag.js";
import { readTable } from "./static/read-table.js";
import { loadTokenizer, type Tokenizer } from "./tokenizer.js";
import type { WeightType } from "./weight-type.js";

/** Which encoder to load, and what to use in place of what its folder says. */
export interface LoadEncoderOptions extends LocateOptions {
  /** Model folder, run folder or hub id; absent: the bundled encoder. */
  readonly model?: string | undefined;
  readonly runtime: Runtime;
  /** Tokens a text may have; default: as `resolveMaxLength` finds it. */
  readonly maxLength?: number | undefined;
  /** A mode of `POOLING_MODES`, or several joined by "+"; for folders that do not say how to pool. One that says otherwise is overruled. */
  readonly pooling?: string | undefined;
  /** Prompts beside the folder's or in their place: `withPrompts`. */
  readonly prompts?: GivenPrompts | undefined;
  /**
   * `leave`: vectors as they come from pooling, where the folder has modules behind it (Dense, LayerNorm), for training them and for
   * writing them back. Default apply.
   */
  readonly modules?: "apply" | "leave" | undefined;
  /** q8: run onnx/model_quantized.onnx; fp16: onnx/model_fp16.onnx. Default fp32. */
  readonly dtype?: WeightType | undefined;
}

/**
 * Loads an encoder: finds and reads its folder, starts a session with pooling in the graph, and loads its tokenizer. Vectors
 * equal those of sentence-transformers. What is missing or wrong is a UserError.
 */
export async function loadEncoder(options: LoadEncoderOptions): Promise<Encoder> {
  const chosen = options.pooling === undefined ? undefined : parsePooling(options.pooling);
  const own = await readModelFolder(await locateModel(options.model, options), options.dtype);
  const checked = await checkManifest(own.path, own.modelFile);
  const folder = { ...own, ...withPrompts(own, options.prompts) };
  const pooling = resolvePooling(folder, chosen);
  const left = options.modules === "leave" && folder.modules?.stack !== undefined;
  const stack = left ? undefined : folder.modules?.stack;
  const open = (plain: boolean) => openModel(folder, { ...pooling, stack, plain }, options);
  const [tokenizer, opened] = await Promise.all([
    loadTokenizer(folder.home, tokenizing(folder)),
    open(false),
  ]);
  const parts = { folder, checked, pooling, tokenizer, left };
  try {
    return await assembled(parts, opened, options);
  } catch (error) {
    // Kernels of fused operators do not take every size; plain ones do.
    const refused = error instanceof UserError && ["bad-onnx", "no-device"].includes(error.code);
    if (!opened.fused || !refused) throw error;
    return assembled(parts, await open(true), options);
  }
}

/** The encoder around a session, which is released where that fails. */
async function assembled(
  parts: Pick<Parts, "folder" | "checked" | "pooling" | "tokenizer" | "left">,
  { session, dataFiles, table }: Opened,
  options: LoadEncoderOptions,
): Promise<Encoder> {
  const { folder, tokenizer } = parts;
  try {
    const maxLength = resolveMaxLength({
      requested: options.maxLength,
      folder: folder.maxSeqLength,
      tokenizer: tokenizer.modelMaxLength,
      positions: folder.positions,
      specialTokens: tokenizer.specialTokens,
      limit: folder.limit,
    });
    const { device } = options.runtime;
    return await assemble({ ...parts, session, maxLength, dataFiles, table, device });
  } catch (error) {
    await session.release();
    throw error;
  }
}

interface ResolvedPooling {
  readonly pooling: Pooling;
  readonly includePrompt: boolean;
  readonly source: PoolingSource;
}

function resolvePooling(folder: ModelFolder, chosen: Pooling | undefined): ResolvedPooling {
  const includePrompt = folder.modules?.includePrompt ?? true;
  if (folder.isStatic && chosen !== undefined && chosen !== "mean") throw staticPooling(chosen);
  if (chosen !== undefined) return { pooling: chosen, includePrompt, source: "option" };
  const listed = folder.modules?.pooling;
  if (listed !== undefined) return { pooling: listed, includePrompt, source: "folder" };
  if (!folder.causal) return { pooling: "mean", includePrompt, source: "guess" };
  throw usageError(
    "no-pooling",
    `model folder "${folder.path}" is a decoder (${folder.modelType}) and does not say how it is pooled`,
    "most are trained for the last token: add --pooling last, or --pooling mean where its authors say so",
  );
}

function staticPooling(chosen: Pooling): UserError {
  return usageError(
    "static-pooling",
    `--pooling ${chosen} does not go with a static model, whose vector is the mean of its tokens`,
    "leave it out",
  );
}

/** What texts are run through. */
interface Opened {
  readonly session: Session;
  readonly dataFiles: readonly string[];
  readonly fused: boolean;
  /** The table of a static model, whose rows are looked up without a session. */
  readonly table?: Tensor | undefined;
}

async function openModel(
  folder: ModelFolder,
  form: InferenceForm,
  { runtime, dtype = "fp32" }: LoadEncoderOptions,
): Promise<Opened> {
  const { modelFile: file, isStatic, headFolded, modules } = folder;
  const isPlain = isStatic && !headFolded && form.stack === undefined && dtype === "fp32";
  if (!isPlain) return openSession(folder, form, runtime);
  const { table, files, isBag } = await readTable(file);
  const normalize = modules?.normalize ?? false;
  if (isBag) await requireMeans({ file, table, normalize }, runtime);
  return { session: noSession, dataFiles: files, fused: false, table };
}

/** In the place of a session where nothing is run. */
const noSession: Session = {
  inputs: [],
  outputs: [],
  run: () => internal("a static model has no session"),
  release: async () => {},
};

/** Models from here on are worth a look for what can be freed. */
const LARGE_BYTES = 2 ** 24;

async function openSession(
  folder: ModelFolder,
  form: InferenceForm,
  runtime: Runtime,
): Promise<Opened> {
  const { bytes, dataFiles, fused } = await readInferenceModel(folder.modelFile, form);
  // The weights that were read, before the session takes memory for its own.
  if (bytes.length >= LARGE_BYTES) await collectGarbage();
  // Shapes vary with the length of texts; a memory plan for each of them would cost more than it saves.
  const session = await runnable(
    { file: folder.modelFile, device: runtime.device },
    runtime.createSession(bytes, { memoryPattern: false, transfer: true }),
  );
  return { session, dataFiles, fused };
}

interface Parts {
  readonly folder: ModelFolder;
  readonly checked: boolean;
  readonly pooling: ResolvedPooling;
  readonly tokenizer: Tokenizer;
  readonly session: Session;
  readonly maxLength: number;
  readonly dataFiles: readonly string[];
  readonly table: Tensor | undefined;
  readonly device: Device;
  /** Whether the folder's modules are left out. */
  readonly left: boolean;
}

async function assemble(parts: Parts): Promise<Encoder> {
  const { folder, session, tokenizer, maxLength } = parts;
  const run = async (feeds: Record<string, Tensor>): Promise<Tensor> =>
    (await session.run(feeds, [EMBEDDING], { transfer: true }))[EMBEDDING];
  const [dimension, hash] = await Promise.all([widthOf(parts, run), hashOf(parts)]);
  const model: EncodingModel = {
    run,
    tokenizer,
    inputs: session.inputs.map(({ name }) => name),
    maxLength,
    dimension,
    normalize: (folder.modules?.normalize ?? false) && !parts.left,
    promptTokens: promptCounter(parts),
    defaultPrompt: promptFor(folder, "other"),
    table: parts.table,
  };
  return {
    info: infoOf(parts, model, hash),
    tokenize: (texts) => texts.map((text) => tokenizer.encode(text, maxLength)),
    encode: (texts, options) => encodeTexts(model, texts, options),
    encodeWith: ({ width, ...other }, texts, options) =>
      encodeTexts({ ...model, ...other, dimension: width, table: undefined }, texts, options),
    padId: tokenizer.padId,
    promptTokens: model.promptTokens,
    unknownId: tokenizer.unknownId,
    encodeStream: (stream, options) => encodeStream(model, stream, options),
    release: () => session.release(),
  };
}

/** The width of what comes out, rather than what some file declares; it also shows that the model runs. */
async function widthOf(
  { folder, session, tokenizer, maxLength, table, device }: Parts,
  run: EncodingModel["run"],
): Promise<number> {
  if (table !== undefined) return table.shape[1];
  const inputs = session.inputs.map(({ name }) => name);
  const empty = [{ index: 0, ids: tokenizer.encode("", maxLength) }];
  const vector = await runnable(
    { file: folder.modelFile, device },
    run(batchFeeds(empty, tokenizer.padId, inputs)),
  );
  return vector.data.length;
}

/**
 * How many tokens at the beginning of a text belong to a prompt of the model and are not pooled: those of the longest prompt that the text
 * begins with, without the closing token that a prompt alone would get. Never all tokens.
 */
function promptCounter({ folder, pooling, tokenizer, maxLength }: Parts): (text: string) => number {
  if (pooling.includePrompt) return () => 0;
  const prompts = Object.values(folder.prompts)
    .filter((prompt) => prompt !== "")
    .sort((a, b) => b.length - a.length);
  const counts = new Map(
    prompts.map((prompt) => [prompt, tokenizer.promptLength(prompt, maxLength)]),
  );
  return (text) => counts.get(prompts.find((prompt) => text.startsWith(prompt)) ?? "") ?? 0;
}

/** The prompts that a model would be loaded with, without loading it. UserError: as for a model that is not there. */
export async function modelPrompts(options: Omit<LoadEncoderOptions, "runtime">): Promise<Prompts> {
  const { path } = await locateModel(options.model, options);
  return withPrompts(await readPrompts(path), options.prompts);
}

/** Over the weights, the tokenizer and the settings that change vectors. */
function hashOf({ folder, pooling, dataFiles }: Parts): Promise<string> {
  const weights = dataFiles.map((file) => join(dirname(folder.modelFile), file));
  const { modules, lowerCase } = folder;
  const tokenizer = join(folder.home, "tokenizer.json");
  return modelHash([folder.modelFile, ...weights, tokenizer, ...(modules?.files ?? [])], {
    pooling: pooling.pooling,
    normalize: modules?.normalize ?? false,
    lowerCase,
    includePrompt: pooling.includePrompt ? undefined : false,
  });
}

function infoOf(parts: Parts, model: EncodingModel, hash: string): EncoderInfo {
  const { folder, pooling } = parts;
  return {
    path: folder.path,
    modelFile: folder.modelFile,
    name: folder.name,
    source: folder.source,
    hash,
    dimension: model.dimension,
    maxLength: model.maxLength,
    pooling: pooling.pooling,
    poolingSource: pooling.source,
    padsLeft: parts.tokenizer.padsLeft,
    includePrompt: pooling.includePrompt,
    normalize: folder.modules?.normalize ?? false,
    modules: folder.modules?.stack,
    prompts: folder.prompts,
    defaultPromptName: folder.defaultPromptName,
    headFolded: folder.headFolded,
    isStatic: folder.isStatic || undefined,
    tokenizerPath: folder.home,
    checked: parts.checked,
  };
}
