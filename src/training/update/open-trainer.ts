import type { Parameter, StepParameter } from "../../encoder/step/parameters.js";
import { internal } from "../../errors/internal.js";
import type { Tensor } from "../../math/tensor.js";
import { ADAMW_DEFAULTS } from "../../optim/adamw.js";
import type { Runtime, Trainer, TrainerParameter } from "../../runtime/runtime.js";
import { averagingOf } from "../options/averaging.js";
import type { TrainSettings } from "../options/settings.js";
import {
  furtherGraph,
  furtherOutputs,
  type LossGraph,
  type LossModel,
  mainGraph,
} from "./loss-graph.js";

/** What the trained tensors of a step start from and how fast they learn. */
export interface ParameterOptions {
  readonly settings: TrainSettings;
  /** L: layers of the encoder. */
  readonly depth: number;
  /** Start values of the objective's own parameters, by name. */
  readonly scalars: ReadonlyMap<string, Tensor>;
  /** Whether rows of tables that no text of a batch has stay as they are, moments and decay included; default false. */
  readonly lazyTables?: boolean | undefined;
}

/**
 * Opens the trainer of a run with the graph of each group; the bytes of the models are given away. `elsewhere` are trained tensors
 * whose gradients come from none of them.
 */
export async function openTrainer(
  runtime: Runtime,
  models: readonly LossModel[],
  options: ParameterOptions,
  elsewhere: readonly StepParameter[] = [],
): Promise<{ readonly trainer: Trainer; readonly graphs: readonly LossGraph[] }> {
  const { weightDecay, maxGradNorm } = options.settings;
  const averaging = averagingOf(options.settings);
  const [main = internal("a plan without groups"), ...others] = models;
  const known = new Set(main.parameters.map(({ name }) => name));
  const further = others.flatMap(({ parameters }) => parameters);
  const trainer = await runtime.createTrainer({
    model: main.model,
    transfer: true,
    loss: main.loss,
    outputs: furtherOutputs(main),
    parameters: [
      ...furtherParameters(elsewhere, options),
      ...main.parameters.map((parameter) => ({
        ...trainerParameter(parameter, options),
        gradient: parameter.gradient,
      })),
      ...furtherParameters(
        further.filter(({ name }) => !known.has(name)),
        options,
      ),
    ],
    optimizer: { ...ADAMW_DEFAULTS, weightDecay },
    maxGradNorm,
    average: averaging.kind === "ema" ? averaging.decay : undefined,
  });
  const graphs = [mainGraph(trainer, main)];
  for (const other of others) graphs.push(await furtherGraph(trainer, other));
  return { trainer, graphs };
}

/** Trained tensors whose gradients come from further graphs, which may share them. */
function furtherParameters(
  parameters: readonly StepParameter[],
  options: ParameterOptions,
): TrainerParameter[] {
  const distinct = new Map(parameters.map((parameter) => [parameter.name, parameter]));
  return [...distinct.values()].map((parameter) => ({
    ...trainerParameter(parameter, options),
    sparse: parameter.gradient.kind === "sparse",
  }));
}

function trainerParameter(parameter: StepParameter, options: ParameterOptions): TrainerParameter {
  const { name, shape, decay } = parameter;
  const lazy = options.lazyTables === true && parameter.gradient.kind === "sparse";
  const data = parameter.data ?? (options.scalars.get(name)?.data as Float32Array | undefined);
  if (data === undefined) internal(`no start value for ${name}`);
  return { name, shape, decay, data, lazy, learningRateScale: rateScale(parameter, options) };
}

/**
 * Factor on the learning rate: d^(L − 1 − i) for layer i of L and the embeddings as i = −1 with layer decay d
 * (Howard & Ruder 2018, section 3.2), 1 for the head, the given ratio for the objective's own parameters.
 */
function rateScale({ owner, layer }: Parameter, { settings, depth }: ParameterOptions): number {
  if (owner === "objective") return settings.scalarLr / settings.lr;
  return owner === "head" ? 1 : settings.layerDecay ** Math.max(0, depth - 1 - layer);
}
