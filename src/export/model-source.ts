import type { Encoder, EncoderInfo, EncoderRun } from "../encoder/encoder.js";
import { type LoadEncoderOptions, loadEncoder } from "../encoder/load.js";
import { CACHED_NAMES, embedForward } from "../encoder/step/cached-step.js";
import { type EmbeddingGraphOptions, embeddingGraph } from "../encoder/step/embedding-graph.js";
import type { PreparedEncoder } from "../encoder/step/prepare.js";
import { internal } from "../errors/internal.js";
import { UserError, usageError } from "../errors/user-error.js";
import { normalizedRows } from "../evaluation/cosine.js";
import { reportWait } from "../files/progress.js";
import type { LowRankAdapter } from "../graph/rewrites/low-rank.js";
import type { Matrix, Tensor } from "../math/tensor.js";
import type { Runtime } from "../runtime/runtime.js";
import { importEncoder } from "../training/model/import-encoder.js";
import { interpolate, type Parameters } from "../training/model/interpolate.js";
import { lineStart } from "../training/model/line-start.js";
import { tunedWeights } from "../training/model/merged-weights.js";
import { openHead } from "../training/model/open-head.js";
import { tuningOf } from "../training/options/tune.js";
import { baseModel, type RunRecord, readRun } from "../training/run-folder/run-folder.js";
import { contentHead, type HeadContent, type ModelContent } from "./model-content.js";
import {
  headAmong,
  headStart,
  type RunReference,
  runPoint,
  runReference,
} from "./run-reference.js";

type EmbedTexts = (texts: readonly string[]) => Promise<Matrix>;

/** A model that can be exported, and embtune's own vectors of it. */
export interface ModelSource {
  readonly content: ModelContent;
  /** Vectors of texts as they stand, without prompts, as training computes them, not by an exported file. */
  readonly embed: EmbedTexts;
  /** Encodes texts with another graph in the place of the encoder's own. */
  readonly encodeWith: Encoder["encodeWith"];
  /** Number of tokens of a text as it stands, special ones included. */
  readonly tokensOf: (text: string) => number;
  /** Whether a text has fewer tokens than a text may have, so that nothing of it is cut. */
  readonly fits: (text: string) => boolean;
  readonly release: () => Promise<void>;
}

export interface SourceOptions extends Omit<LoadEncoderOptions, "runtime" | "model" | "dtype"> {
  /** Of a run: the point (1−α)·start + α·tuned; default: the one that went out. */
  readonly interpolate?: number | undefined;
}

/** What is freed at the end, the last one first. */
type Opened = (() => Promise<void>)[];

/** Opens `MODEL`, `RUN` (its best checkpoint) or `RUN:step`. */
export async function openModelSource(
  model: string | undefined,
  runtime: Runtime,
  options: SourceOptions = {},
): Promise<ModelSource> {
  const reference = model === undefined ? undefined : runReference(model);
  if (reference !== undefined) return openRun(reference, runtime, options);
  if (options.interpolate !== undefined) throw noRun(model);
  const encoder = await loadEncoder({ ...options, model, runtime, modules: "leave" });
  return plainSource({ encoder: encoder.info }, encoder, runtime);
}

function noRun(model: string | undefined): UserError {
  return usageError(
    "option-without-effect",
    `--interpolate goes from the start of a run to its end, and ${model ?? "the bundled encoder"} is no run folder`,
    "name a run folder, or leave it out",
  );
}

/** A model as it is, behind its own modules where it has some. */
async function plainSource(
  content: ModelContent,
  encoder: Encoder,
  runtime: Runtime,
): Promise<ModelSource> {
  const opened: Opened = [];
  const head = contentHead(content);
  const embed = await headed(bareTexts(encoder), { encoder, runtime, head, opened });
  return source(content, encoder, { embed, opened });
}

function bareTexts(encoder: Encoder): EmbedTexts {
  return async (texts) => {
    const report = reportWait("embedding by embtune", "texts", texts.length);
    let told = 0;
    const onProgress = (done: number): void => {
      report.add(done - told);
      told = done;
    };
    return encoder.encode(texts, { prompt: "", onProgress }).finally(report.end);
  };
}

function source(
  content: ModelContent,
  encoder: Encoder,
  { embed, opened }: { readonly embed: EmbedTexts; readonly opened: Opened },
): ModelSource {
  return {
    content,
    embed: (texts) => embed(texts),
    encodeWith: encoder.encodeWith,
    tokensOf: (text) => encoder.tokenize([text])[0].length,
    fits: (text) => encoder.tokenize([text])[0].length < encoder.info.maxLength,
    release: async () => {
      for (const release of opened.toReversed()) await release();
      await encoder.release();
    },
  };
}

async function openRun(
  reference: RunReference,
  runtime: Runtime,
  { interpolate: alpha, ...options }: SourceOptions,
): Promise<ModelSource> {
  const run = readRun(reference.run);
  const { maxLength, pooling, prompts } = run.options;
  const model = baseModel(run.base);
  const encoder = await loadEncoder({
    maxLength,
    pooling,
    prompts,
    ...options,
    model,
    runtime,
    modules: "leave",
  });
  requireSameBase(encoder.info, run);
  const point = runPoint(reference, run, alpha);
  const about = { encoder: encoder.info, run, interpolated: alpha ?? point?.alpha };
  if (point === undefined) return plainSource(about, encoder, runtime);
  const opened: Opened = [];
  const { head, ...tuned } = await tunedEncoder({
    reference,
    run,
    encoder,
    runtime,
    point,
    opened,
  });
  const embed = await headed(tuned.embed, { encoder, runtime, head, opened });
  const { weights, adapters } = tuned;
  return source({ ...about, weights, adapters, head }, encoder, { embed, opened });
}

function requireSameBase(info: EncoderInfo, run: RunRecord): void {
  if (info.hash === run.base.hash) return;
  throw new UserError("base-changed", `the base model ${info.path} has changed since the run`, {
    hint: "put the model back that the run started from; run.json has its hash",
  });
}

interface Tuned {
  readonly reference: RunReference;
  readonly run: RunRecord;
  readonly encoder: Encoder;
  readonly runtime: Runtime;
  readonly point: NonNullable<ReturnType<typeof runPoint>>;
  readonly opened: Opened;
}

/** The head and the encoder with its trained weights, as training runs it; with `--tune head` as it is. */
async function tunedEncoder(
  tuned: Tuned,
): Promise<Pick<ModelContent, "weights" | "adapters" | "head"> & { readonly embed: EmbedTexts }> {
  const { run, encoder, runtime } = tuned;
  if (run.options.tune === "head") {
    const parameters = parametersAt(tuned, undefined, []);
    return { embed: bareTexts(encoder), head: headAmong(parameters, encoder.info) };
  }
  const prepared = await importEncoder(encoder.info, runtime);
  const step: EmbeddingGraphOptions = {
    encoder: prepared,
    pooling: encoder.info.pooling,
    includePrompt: encoder.info.includePrompt,
    normalize: encoder.info.normalize && encoder.info.modules === undefined,
    tuning: tuningOf(run.options, prepared.depth),
    split: false,
  };
  const part = embeddingGraph(step);
  const parameters = parametersAt(tuned, prepared, part.adapters);
  const adapters = part.adapters.map(({ weight, a, b }) => ({
    weight,
    a: tensorNamed(parameters, a),
    b: tensorNamed(parameters, b),
  }));
  const weights = tunedWeights(prepared, part, parameters);
  const head = headAmong(parameters, encoder.info);
  const embed = await trainingForward(step, parameters, tuned);
  return { weights, adapters, head, embed };
}

/** The parameters at the point of the line that is asked for. */
function parametersAt(
  { reference, run, encoder, point }: Tuned,
  prepared: PreparedEncoder | undefined,
  adapters: readonly LowRankAdapter[],
): Parameters {
  const { parameters, alpha } = point;
  if (alpha === 1) return parameters;
  const spec = headAmong(parameters, encoder.info)?.spec;
  const modules = encoder.info.modules?.parameters;
  const head = spec === undefined ? new Map() : headStart(reference, run, { spec, modules });
  return interpolate(lineStart(prepared, { head, adapters }), parameters, alpha);
}

function tensorNamed(parameters: Parameters, name: string): Tensor {
  return parameters.get(name) ?? internal(`the checkpoint has no parameter "${name}"`);
}

async function trainingForward(
  step: EmbeddingGraphOptions,
  parameters: Parameters,
  { encoder, runtime, opened }: Tuned,
): Promise<EmbedTexts> {
  const forward = embedForward(step);
  const session = await runtime.createSession(forward.model, { memoryPattern: false });
  opened.push(session.release);
  const values = Object.fromEntries(
    forward.parameters.map((name) => [name, tensorNamed(parameters, name)]),
  );
  const { embedding } = CACHED_NAMES;
  const run: EncoderRun = {
    run: async (feeds) => (await session.run({ ...feeds, ...values }))[embedding],
    inputs: forward.inputs.filter((name) => !(name in values)),
    width: encoder.info.dimension,
    normalize: false,
  };
  return (texts) => encoder.encodeWith(run, texts, { prompt: "" });
}

interface Headed extends Pick<Tuned, "encoder" | "runtime" | "opened"> {
  readonly head: HeadContent | undefined;
}

/** Embeddings with the head applied, of unit length where the encoder's are. */
async function headed(
  embed: EmbedTexts,
  { encoder, runtime, head, opened }: Headed,
): Promise<EmbedTexts> {
  if (head === undefined) return embed;
  const open = await openHead(runtime, head.spec);
  opened.push(open.release);
  return async (texts) => {
    const vectors = await open.apply(await embed(texts), head.parameters);
    return encoder.info.normalize ? normalizedRows(vectors) : vectors;
  };
}
