import { existsSync } from "node:fs";
import { join } from "node:path";
import type { EncoderInfo } from "../encoder/encoder.js";
import {
  HEAD_NAMES,
  type HeadSpec,
  headParameters,
  headSpec,
  modulesHead,
} from "../encoder/head.js";
import { suggestion } from "../errors/suggest.js";
import { UserError, usageError } from "../errors/user-error.js";
import type { Tensor } from "../math/tensor.js";
import { hasBest, readBest } from "../training/run-folder/best.js";
import { checkpointSteps, readParameters } from "../training/run-folder/checkpoint.js";
import { type RunRecord, runPaths } from "../training/run-folder/run-folder.js";
import type { HeadContent } from "./model-content.js";

/** A run, and which of its checkpoints: the best one, or that of a step. */
export interface RunReference {
  readonly run: string;
  readonly step: number | undefined;
}

/** `RUN` or `RUN:step`; undefined where the text names no run folder. */
export function runReference(text: string): RunReference | undefined {
  if (existsSync(join(text, "run.json"))) return { run: text, step: undefined };
  const match = /^(.+):(\d+)$/.exec(text);
  if (match === null || existsSync(text) || !existsSync(join(match[1], "run.json")))
    return undefined;
  return { run: match[1], step: Number(match[2]) };
}

/** The trained parameters of the best evaluation, or of a step's checkpoint; undefined where the base itself was best. */
export function runParameters(
  { run, step }: RunReference,
  { result }: RunRecord,
): ReadonlyMap<string, Tensor> | undefined {
  const { checkpoints } = runPaths(run);
  if (step !== undefined) return stepParameters(run, step);
  if (result !== undefined) {
    const { bestStep } = result;
    return bestStep > 0 || hasBest(checkpoints, 0) ? readBest(checkpoints, bestStep) : undefined;
  }
  throw new UserError("unfinished-run", `the run "${run}" has not ended`, {
    hint: `go on with embtune train --resume ${run}, or name a checkpoint: ${run}:STEP`,
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

/** The head among trained parameters, its sizes by their shapes or by what the encoder has of its own; undefined where there is none. */
export function headAmong(
  parameters: ReadonlyMap<string, Tensor>,
  { dimension, modules }: Pick<EncoderInfo, "dimension" | "modules">,
): HeadContent | undefined {
  const spec =
    modules === undefined ? specOf(parameters, dimension) : modulesHead(dimension, modules.specs);
  if (spec === undefined) return undefined;
  const values = headParameters(spec).map(({ name, shape }) => {
    const tensor = parameters.get(name);
    if (tensor !== undefined && `${tensor.shape}` === `${shape}`) return [name, tensor] as const;
    throw new UserError(
      "damaged-checkpoint",
      `the checkpoint has no "${name}" of shape [${shape}]`,
    );
  });
  return { spec, parameters: new Map(values) };
}

function specOf(parameters: ReadonlyMap<string, Tensor>, inputDim: number): HeadSpec | undefined {
  const output = parameters.get(HEAD_NAMES.outputWeight);
  const projection = parameters.get(HEAD_NAMES.projection);
  if (output !== undefined) {
    const [dim, hidden] = output.shape;
    return headSpec(inputDim, { kind: "mlp", dim, hidden });
  }
  return projection && headSpec(inputDim, { kind: "linear", dim: projection.shape[0] });
}
