import { mkdir, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { EncoderInfo } from "../encoder/encoder.js";
import { onnxFile } from "../encoder/weight-type.js";
import { counted } from "../errors/counted.js";
import { UserError } from "../errors/user-error.js";
import { loadEvaluationSet } from "../evaluation/evaluation-set.js";
import { evaluatorFor } from "../evaluation/evaluators/registry.js";
import type { Evaluator } from "../evaluation/metric.js";
import { promptedEvaluator } from "../evaluation/prompt-use.js";
import type { ExportFormat, ExportReport } from "../export/export-report.js";
import {
  type ModelContent,
  matryoshkaDimensions,
  outputDimension,
} from "../export/model-content.js";
import { writeModelFolder } from "../export/model-folder.js";
import { openModelSource, type SourceOptions } from "../export/model-source.js";
import { activationRanges } from "../export/precision/activation-ranges.js";
import { innerReads } from "../export/precision/inner-graphs.js";
import type { Calibrate, Precision } from "../export/precision/precision.js";
import { measurePrecisionLoss } from "../export/precision/precision-loss.js";
import { runReference } from "../export/run-reference.js";
import {
  requireAdapters,
  writeAdapterFolder,
} from "../export/sentence-transformers/adapter-folder.js";
import { writeSentenceTransformersFolder } from "../export/sentence-transformers/folder.js";
import { type OwnVectors, ownVectors, type Verification, verifyFolder } from "../export/verify.js";
import { ensureEmptyFolder, fileError } from "../files/files.js";
import { writeJson } from "../files/json-file.js";
import type { ModelProto } from "../onnx/model.js";
import { openRuntime } from "../runtime/runtime.js";
import { exportTable } from "./options/export.js";
import { type JobOptions, requireControl, resolveJob } from "./options/shared.js";
import { drawnFigures } from "./run-data.js";

/** What to export and how (`exportTable`), where the hub is, and who listens. */
export type ExportOptions = JobOptions<typeof exportTable> & {
  readonly hub?: SourceOptions["hub"];
  readonly onEvent?:
    | ((
        event:
          | { readonly type: "model"; readonly info: EncoderInfo }
          | { readonly type: "note"; readonly message: string },
      ) => void)
    | undefined;
};

/** Writes a deployable folder. A verification that fails is reported, not thrown. */
export async function exportModel(given: ExportOptions): Promise<ExportReport> {
  const { hub, onEvent, ...job } = given;
  requireControl({ onEvent });
  const options = { ...resolveJob("export", exportTable, job), hub, onEvent };
  const { format = "transformersjs", to } = options;
  refuseIdle(options);
  const evaluator = await evaluatorOf(options);
  await ensureEmptyFolder(to);
  const runtime = await openRuntime({ threads: options.threads });
  try {
    const source = await openModelSource(options.model, runtime, sourceOptions(options));
    options.onEvent?.({ type: "model", info: source.content.encoder });
    if (options.adapter) requireAdapters(source.content);
    const note = promptNote(source.content, format);
    if (note !== undefined) options.onEvent?.({ type: "note", message: note });
    const own = options.verify ? await ownVectors(source) : undefined;
    const content = { ...source.content, figures: await figuresOf(options) };
    const precisions = precisionsOf(options);
    const calibrate: Calibrate = (model) => {
      const inner = innerNote(model);
      if (inner !== undefined) options.onEvent?.({ type: "note", message: inner });
      return activationRanges(model, runtime, source.encodeWith);
    };
    await writeFormats(content, options, { precisions, calibrate }).finally(source.release);
    if (options.adapter) await writeAdapterFolder(join(to, "adapter"), content);
    const { pooling, normalize } = content.encoder;
    const loss = await measurePrecisionLoss(to, precisions, {
      pooling,
      normalize,
      evaluator: evaluator && promptedEvaluator(evaluator, content.encoder),
    });
    if (loss.length > 0) await writeJson(join(to, "precision.json"), loss);
    const hasOnnx = format !== "sentence-transformers";
    return {
      folder: to,
      format,
      dimension: outputDimension(content),
      matryoshka: matryoshkaDimensions(content),
      onnx: hasOnnx ? (["fp32", ...precisions] as const).map((d) => `onnx/${onnxFile(d)}`) : [],
      loss,
      verification: own === undefined ? undefined : await verified(to, own, { pooling, normalize }),
    };
  } finally {
    await runtime.close();
  }
}

/** Drawings for the model card, of the point that a run chose; of another nothing has been measured. */
async function figuresOf({ model, format, interpolate, onEvent }: ExportOptions) {
  const hasCard = format === "both" || format === "sentence-transformers";
  const reference = hasCard && model !== undefined ? runReference(model) : undefined;
  if (reference === undefined || reference.step !== undefined || interpolate !== undefined)
    return undefined;
  return drawnFigures(reference.run, (message) => onEvent?.({ type: "note", message }));
}

/** Reloads the folder that was written. One that cannot be loaded at all is of no use and does not stay. */
async function verified(
  folder: string,
  own: OwnVectors,
  options: Parameters<typeof verifyFolder>[2],
): Promise<Verification> {
  try {
    return await verifyFolder(folder, own, options);
  } catch (error) {
    await rm(folder, { recursive: true });
    throw error;
  }
}

/** What of a model is not quantised. */
function innerNote({ graph }: ModelProto): string | undefined {
  const reads = graph === undefined ? 0 : innerReads(graph);
  if (reads === 0) return undefined;
  const what = counted(reads, "product or look-up stays", "products and look-ups stay");
  return `${what} in float32 with --dtype q8: nothing is quantised inside If, Loop and Scan`;
}

/** What transformers.js cannot do as the model does. */
function promptNote({ encoder }: ModelContent, format: ExportFormat): string | undefined {
  if (encoder.includePrompt || format === "sentence-transformers") return undefined;
  return "the model leaves the tokens of its prompts out of pooling; readers of onnx/model.onnx pool them too, so their vectors of texts with a prompt differ";
}

function sourceOptions(options: ExportOptions): SourceOptions {
  const { maxLength, pooling, prompts, allowDownload, interpolate, hub } = options;
  const given = { maxLength, pooling, prompts, allowDownload, interpolate, hub };
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
}

function precisionsOf({ dtype = "fp32" }: ExportOptions): Precision[] {
  return dtype === "fp32" ? [] : [dtype];
}

/** Options that would do nothing are refused. */
function refuseIdle({ format, dtype = "fp32", verify, eval: data }: ExportOptions): void {
  const refuse = (what: string, why: string): never => {
    throw new UserError("option-without-effect", `${what} has no effect ${why}`, { exitCode: 2 });
  };
  if (format === "sentence-transformers" && dtype !== "fp32")
    refuse(`--dtype ${dtype}`, "on --format sentence-transformers, whose weights are float32");
  if (format === "sentence-transformers" && verify)
    refuse("--verify", "on --format sentence-transformers, which transformers.js does not read");
  if (data !== undefined && dtype === "fp32") refuse("--eval", "without --dtype fp16 or q8");
}

async function evaluatorOf({ eval: file }: ExportOptions): Promise<Evaluator | undefined> {
  if (file === undefined) return undefined;
  const { dataset } = await loadEvaluationSet(file);
  return evaluatorFor(dataset);
}

async function writeFormats(
  content: ModelContent,
  { to, format = "transformersjs" }: ExportOptions,
  further: { readonly precisions: readonly Precision[]; readonly calibrate: Calibrate },
): Promise<void> {
  try {
    await mkdir(dirname(to), { recursive: true });
  } catch (error) {
    throw fileError(error, to);
  }
  if (format === "sentence-transformers") return writeSentenceTransformersFolder(to, content);
  const extra = (folder: string) =>
    writeSentenceTransformersFolder(join(folder, "sentence-transformers"), content);
  await writeModelFolder(to, content, {
    broadcast: format === "fastembed",
    further,
    extra: format === "both" ? extra : undefined,
  });
}
