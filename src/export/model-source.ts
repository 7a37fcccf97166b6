import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Encoder, EncoderInfo } from "../encoder/encoder.js";
import { type HeadSpec, headParameters, headSpec } from "../encoder/head.js";
import { type LoadEncoderOptions, loadEncoder } from "../encoder/load.js";
import { suggestion } from "../errors/suggest.js";
import { UserError, usageError } from "../errors/user-error.js";
import { normalizedRows } from "../evaluation/cosine.js";
import type { Matrix, Tensor } from "../math/tensor.js";
import type { Runtime } from "../runtime/runtime.js";
import { checkpointSteps, readBest, readParameters } from "../training/checkpoint.js";
import { openHead } from "../training/head-student.js";
import { baseModel, type RunRecord, readRun, runPaths } from "../training/run-folder.js";
import type { HeadContent, ModelContent } from "./model-content.js";

/** A model that can be exported, and embtune's own vectors of it. */
export interface ModelSource {
  readonly content: ModelContent;
  /** Vectors of texts by the encoder and the head, not by an exported file. */
  readonly embed: (texts: readonly string[]) => Promise<Matrix>;
  /** Whether a text has fewer tokens than a text may have, so that nothing of it is cut. */
  readonly fits: (text: string) => boolean;
  readonly release: () => Promise<void>;
}

export type SourceOptions = Omit<LoadEncoderOptions, "runtime" | "model">;

/** A run, and which of its checkpoints: the best one, or that of a step. */
export interface RunReference {
  readonly run: string;
  readonly step: number | undefined;
}

/** `RUN` or `RUN:step`; undefined where the text names no run folder. */
export function runReference(text: string): RunReference | undefined {
  if (existsSync(join(text, "run.json"))) return { run: text, step: undefined };
  const match = /^(.+):(\d+)$/.exec(text);
  if (match === null || existsSync(text) || !existsSync(join(match[1]!, "run.json")))
    return undefined;
  return { run: match[1]!, step: Number(match[2]) };
}

/** Opens `MODEL`, `RUN` (its best checkpoint) or `RUN:step`. */
export async function openModelSource(
  model: string | undefined,
  runtime: Runtime,
  options: SourceOptions = {},
): Promise<ModelSource> {
  const reference = model === undefined ? undefined : runReference(model);
  if (reference === undefined) {
    const encoder = await loadEncoder({ ...options, model, runtime });
    return {
      content: { encoder: encoder.info },
      embed: (texts) => encoder.encode(texts),
      fits: fitsIn(encoder),
      release: encoder.release,
    };
  }
  return openRun(reference, runtime, options);
}

async function openRun(
  reference: RunReference,
  runtime: Runtime,
  options: SourceOptions,
): Promise<ModelSource> {
  const run = readRun(reference.run);
  const { maxLength, pooling } = run.options;
  const model = baseModel(run.base);
  const encoder = await loadEncoder({ maxLength, pooling, ...options, model, runtime });
  requireSameBase(encoder.info, run);
  const head = headOf(reference, run);
  const content: ModelContent = { encoder: encoder.info, head, run };
  const fits = fitsIn(encoder);
  if (head === undefined) {
    return { content, fits, embed: (texts) => encoder.encode(texts), release: encoder.release };
  }
  const open = await openHead(runtime, head.spec);
  return {
    content,
    fits,
    embed: async (texts) => {
      const vectors = await open.apply(await encoder.encode(texts), head.parameters);
      return encoder.info.normalize ? normalizedRows(vectors) : vectors;
    },
    release: async () => {
      await open.release();
      await encoder.release();
    },
  };
}

function fitsIn(encoder: Encoder): (text: string) => boolean {
  return (text) => (encoder.tokenize([text])[0]?.length ?? 0) < encoder.info.maxLength;
}

function requireSameBase(info: EncoderInfo, run: RunRecord): void {
  if (info.hash === run.base.hash) return;
  throw new UserError("base-changed", `the base model ${info.path} has changed since the run`, {
    hint: "put the model back that the run started from; run.json has its hash",
  });
}

/** The head of the best evaluation or of a step's checkpoint; undefined where the base itself was best. */
function headOf({ run, step }: RunReference, record: RunRecord): HeadContent | undefined {
  const { head: kind, headDim: dim, headHidden: hidden } = record.options;
  const spec = headSpec(record.base.dimension, { kind, dim, hidden });
  const { checkpoints } = runPaths(run);
  if (step !== undefined) return { spec, parameters: ofHead(spec, stepParameters(run, step)) };
  if (record.result === undefined) {
    throw new UserError("unfinished-run", `the run "${run}" has not ended`, {
      hint: `go on with embtune train --resume ${run}, or name a checkpoint: ${run}:STEP`,
    });
  }
  const { bestStep } = record.result;
  if (bestStep > 0) return { spec, parameters: ofHead(spec, readBest(checkpoints, bestStep)) };
  const first = checkpointSteps(checkpoints).at(-1);
  if (spec.outputDim === spec.inputDim || first === undefined) return undefined;
  throw new UserError("start-not-kept", `the head that run "${run}" started from was best`, {
    hint: `take the model that the run wrote: ${join(run, "model")}`,
  });
}

function stepParameters(run: string, step: number): ReadonlyMap<string, Tensor> {
  const { checkpoints } = runPaths(run);
  const steps = checkpointSteps(checkpoints);
  if (steps.includes(step)) return readParameters(checkpoints, step);
  throw usageError(
    "no-such-checkpoint",
    `the run "${run}" keeps no checkpoint of step ${step}, only ${steps.join(", ") || "none"}`,
    suggestion(String(step), steps.map(String)),
  );
}

/** Without the objective's own parameters, which are of no use after training. */
function ofHead(
  spec: HeadSpec,
  parameters: ReadonlyMap<string, Tensor>,
): ReadonlyMap<string, Tensor> {
  return new Map(
    headParameters(spec).map(({ name }) => {
      const tensor = parameters.get(name);
      if (tensor !== undefined) return [name, tensor];
      throw new UserError("damaged-checkpoint", `the checkpoint has no parameter "${name}"`);
    }),
  );
}
