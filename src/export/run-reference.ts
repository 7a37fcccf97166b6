import { existsSync } from "node:fs";
import { join } from "node:path";
import type { EncoderInfo } from "../encoder/encoder.js";
import {
  HEAD_NAMES,
  type HeadSpec,
  headParameters,
  headSpec,
  initialHead,
  modulesHead,
  startsFromComponents,
} from "../encoder/head.js";
import { suggestion } from "../errors/suggest.js";
import { UserError, usageError } from "../errors/user-error.js";
import type { Tensor } from "../math/tensor.js";
import { hasBest, readBest } from "../training/run-folder/best.js";
import { checkpointSteps, readParameters } from "../training/run-folder/checkpoint.js";
import { readEnd } from "../training/run-folder/end-of-training.js";
import { type RunRecord, runPaths } from "../training/run-folder/run-folder.js";
import type { HeadContent } from "./model-content.js";

type Parameters = ReadonlyMap<string, Tensor>;

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

/** Trained parameters, and which point of the line from the start of training to them is meant: (1−α)·start + α·parameters. */
interface RunPoint {
  readonly parameters: Parameters;
  readonly alpha: number;
}

/**
 * What goes out of a run: the point that it chose, its best checkpoint, or a step's checkpoint; with `alpha` that point of the line to
 * the step named, or to the last one. Undefined where that is the base itself.
 */
export function runPoint(
  { run, step }: RunReference,
  { result, options }: RunRecord,
  alpha?: number,
): RunPoint | undefined {
  const { checkpoints } = runPaths(run);
  if (step !== undefined) return point(run, stepParameters(run, step), alpha);
  if (result === undefined)
    throw new UserError("unfinished-run", `the run "${run}" has not ended`, {
      hint: `go on with embtune train --resume ${run}, or name a checkpoint: ${run}:STEP`,
    });
  const { bestStep, interpolation, step: last } = result;
  const chosen = alpha ?? interpolation?.alpha;
  if (chosen !== undefined) return point(run, readEnd(checkpoints, last, options), chosen);
  if (bestStep === 0 && !hasBest(checkpoints, 0)) return undefined;
  return point(run, readBest(checkpoints, bestStep));
}

/** At α = 0 a run that has kept its start did not begin with its base. */
function point(run: string, parameters: Parameters, alpha = 1): RunPoint | undefined {
  return alpha === 0 && !hasBest(runPaths(run).checkpoints, 0) ? undefined : { parameters, alpha };
}

/** What the head of a run started from: what the run has kept, or what follows from its seed. */
export function headStart(
  { run }: RunReference,
  { options }: RunRecord,
  { spec, modules }: { readonly spec: HeadSpec; readonly modules: Parameters | undefined },
): Parameters {
  const { checkpoints } = runPaths(run);
  if (hasBest(checkpoints, 0)) {
    const kept = readBest(checkpoints, 0);
    return new Map(headParameters(spec).flatMap(({ name }) => named(kept, name)));
  }
  if (!startsFromComponents(spec)) return initialHead(spec, { seed: options.seed, modules });
  throw new UserError("no-start", `the run "${run}" has not kept what its head started from`, {
    hint: "train again, or leave --interpolate out",
  });
}

function named(tensors: Parameters, name: string): (readonly [string, Tensor])[] {
  const tensor = tensors.get(name);
  return tensor === undefined ? [] : [[name, tensor]];
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
