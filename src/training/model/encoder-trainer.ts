import type { Parameter, StepParameter } from "../../encoder/step/parameters.js";
import { internal } from "../../errors/internal.js";
import type { Tensor } from "../../math/tensor.js";
import { ADAMW_DEFAULTS } from "../../optim/adamw.js";
import type { TrainerParameter, TrainerSpec } from "../../runtime/runtime.js";
import type { TrainSettings } from "../options/settings.js";

/** What the trained tensors of a step start from and how fast they learn. */
export interface ParameterOptions {
  readonly settings: TrainSettings;
  /** L: layers of the encoder. */
  readonly depth: number;
  /** Start values of the objective's own parameters, by name. */
  readonly scalars: ReadonlyMap<string, Tensor>;
}

/** The optimizer as the settings want it. */
export function optimizerOf(
  settings: TrainSettings,
): Pick<TrainerSpec, "optimizer" | "maxGradNorm"> {
  const { weightDecay, maxGradNorm } = settings;
  return { optimizer: { ...ADAMW_DEFAULTS, weightDecay }, maxGradNorm };
}

/** The trained tensors of a step's main graph. */
export function mainParameters(
  parameters: readonly StepParameter[],
  options: ParameterOptions,
): TrainerParameter[] {
  return parameters.map((parameter) => ({
    ...trainerParameter(parameter, options),
    gradient: parameter.gradient,
  }));
}

/** Trained tensors whose gradients come from further graphs, those aside that are `known` already. */
export function furtherParameters(
  parameters: readonly StepParameter[],
  options: ParameterOptions,
  known: readonly StepParameter[] = [],
): TrainerParameter[] {
  const names = new Set(known.map(({ name }) => name));
  const others = new Map(
    parameters.flatMap((one) => (names.has(one.name) ? [] : [[one.name, one] as const])),
  );
  return [...others.values()].map((parameter) => ({
    ...trainerParameter(parameter, options),
    sparse: parameter.gradient.kind === "sparse",
  }));
}

function trainerParameter(parameter: Parameter, options: ParameterOptions): TrainerParameter {
  const { name, shape, decay } = parameter;
  const data = parameter.data ?? (options.scalars.get(name)?.data as Float32Array | undefined);
  if (data === undefined) internal(`no start value for ${name}`);
  return { name, shape, decay, data, learningRateScale: rateScale(parameter, options) };
}

/**
 * Factor on the learning rate: d^(L − 1 − i) for layer i of L and the embeddings as i = −1 with layer decay d
 * (Howard & Ruder 2018, section 3.2), 1 for the head, the given ratio for the objective's own parameters.
 */
function rateScale({ owner, layer }: Parameter, { settings, depth }: ParameterOptions): number {
  if (owner === "objective") return settings.scalarLr / settings.lr;
  return owner === "head" ? 1 : settings.layerDecay ** Math.max(0, depth - 1 - layer);
}
