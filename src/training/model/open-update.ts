import {
  buildCachedLoss,
  buildEmbeddingParts,
  type CachedLoss,
} from "../../encoder/step/cached-step.js";
import {
  buildEncoderStep,
  type EncoderGraphInfo,
  type EncoderStep,
  type EncoderStepOptions,
  type StepModel,
} from "../../encoder/step/encoder-step.js";
import {
  requireTrained,
  type TrainedGroup,
  trainedTensors,
} from "../../encoder/step/trained-tensors.js";
import type { Trainer } from "../../runtime/runtime.js";
import type { TokenTable } from "../batches/token-table.js";
import { runPaths } from "../run-folder/run-folder.js";
import { openActivationCache } from "./activation-cache.js";
import { type CachedUpdateOptions, cachedRuns, cachedUpdate } from "./cached-update.js";
import { encoderInputs, type PrefixSource } from "./encoder-inputs.js";
import {
  furtherParameters,
  mainParameters,
  optimizerOf,
  type ParameterOptions,
} from "./encoder-trainer.js";
import { openFrozenPrefix } from "./frozen-prefix.js";
import { furtherOutputs, type LossGraph, type LossModel, lossGraphs } from "./loss-graph.js";
import { plainUpdate } from "./plain-update.js";
import type { RunContext } from "./run-context.js";
import type { UpdateMethod } from "./trainable-encoder.js";

export interface OpenUpdateOptions {
  readonly context: RunContext;
  /** What the step of each group is built from. */
  readonly steps: readonly [EncoderStepOptions, ...EncoderStepOptions[]];
  readonly parameters: ParameterOptions;
  readonly tokens: TokenTable;
}

/** A trainer and how batches become updates with it. */
export interface OpenedUpdate {
  readonly trainer: Trainer;
  /** By group. */
  readonly methods: readonly UpdateMethod<unknown>[];
  readonly part: EncoderGraphInfo;
  /** What of the encoder is trained. */
  readonly tensors: readonly TrainedGroup[];
  /** Frees everything but the trainer. */
  readonly release: () => Promise<void>;
}

/** Opens the trainer: in one run a batch or, with `--mini-batch-tokens`, with gradient caching. */
export async function openUpdate(options: OpenUpdateOptions): Promise<OpenedUpdate> {
  const { miniBatchTokens } = options.context.plan.settings;
  return miniBatchTokens === undefined ? openPlain(options) : openCached(options, miniBatchTokens);
}

async function openPlain(options: OpenUpdateOptions): Promise<OpenedUpdate> {
  const { context, parameters } = options;
  const steps = options.steps.map(buildEncoderStep);
  const [main, ...others] = steps as [EncoderStep, ...EncoderStep[]];
  const tensors = trainedOf(options, main.parameters);
  const models = steps.map((step) => lossModel(step, []));
  const trainer = await context.runtime.createTrainer({
    model: main.model,
    transfer: true,
    loss: main.loss,
    outputs: furtherOutputs(lossModel(main, [])),
    parameters: [
      ...mainParameters(main.parameters, parameters),
      ...furtherParameters(
        others.flatMap((step) => step.parameters),
        parameters,
        main.parameters,
      ),
    ],
    ...optimizerOf(context.plan.settings),
  });
  const graphs = await lossGraphs(trainer, models);
  const { inputsOf, release } = await openInputs(options, main);
  const methods = graphs.map(
    (graph, i) => plainUpdate(graph, steps[i].inputs, inputsOf) as UpdateMethod<unknown>,
  );
  return { trainer, methods, part: main, tensors, release };
}

async function openCached(options: OpenUpdateOptions, tokens: number): Promise<OpenedUpdate> {
  const { context, parameters } = options;
  const step = buildEmbeddingParts(options.steps[0]);
  const tensors = trainedOf(options, step.backward.parameters);
  const objectives = options.steps.map(buildCachedLoss);
  const [main, ...others] = objectives as [CachedLoss, ...CachedLoss[]];
  const models = objectives.map((one) => lossModel(one, [one.embeddingGradient]));
  const { backward } = step;
  const trainer = await context.runtime.createTrainer({
    model: main.model,
    loss: main.loss,
    outputs: furtherOutputs(lossModel(main, [main.embeddingGradient])),
    parameters: [
      ...furtherParameters(backward.parameters, parameters),
      ...mainParameters(main.parameters, parameters),
      ...furtherParameters(
        others.flatMap((one) => one.parameters),
        parameters,
        main.parameters,
      ),
    ],
    ...optimizerOf(context.plan.settings),
  });
  const graphs = await lossGraphs(trainer, models);
  const { inputsOf, release } = await openInputs(options, step);
  const forward = await trainer.createSession(step.forward.model, {
    memoryPattern: false,
    transfer: true,
  });
  const { gradients } = lossModel(backward, []);
  const source = await trainer.addGradients({
    model: backward.model,
    transfer: true,
    gradients,
    outputs: [],
  });
  const runs = cachedRuns(step);
  const parts = { trainer, runs, forward, backward: source, tokens, inputsOf };
  return {
    trainer,
    methods: cachedMethods(graphs, objectives, parts),
    part: step,
    tensors,
    release: async () => {
      await forward.release();
      await release();
    },
  };
}

/** What of the encoder the first task's step trains; that it is something is checked before the trainer takes it in. */
function trainedOf(
  { steps }: OpenUpdateOptions,
  parameters: StepModel["parameters"],
): TrainedGroup[] {
  const [{ encoder, tuning }] = steps;
  requireTrained(encoder, tuning, parameters);
  return trainedTensors(encoder, parameters);
}

function cachedMethods(
  graphs: readonly LossGraph[],
  objectives: readonly CachedLoss[],
  parts: Omit<CachedUpdateOptions, "objective" | "embeddingGradient">,
): UpdateMethod<unknown>[] {
  return graphs.map((objective, i) => {
    const { embeddingGradient } = objectives[i];
    return cachedUpdate({ ...parts, objective, embeddingGradient }) as UpdateMethod<unknown>;
  });
}

function lossModel(step: StepModel, outputs: readonly string[]): LossModel {
  const { model, loss, candidates, parameters } = step;
  const gradients = new Map(parameters.map(({ name, gradient }) => [name, gradient]));
  return { model, loss, candidates, gradients, outputs };
}

/** The steps of all groups begin alike: with the same encoder, cut at the same place, with the same masks. */
async function openInputs({ context, steps, tokens }: OpenUpdateOptions, part: EncoderGraphInfo) {
  const { padId } = context.encoder;
  const [step] = steps;
  const frozen = part.boundary === undefined ? undefined : await openPrefix(context, step, tokens);
  return {
    inputsOf: encoderInputs({ part, padId, frozen, seed: context.plan.settings.seed }),
    release: async () => {
      frozen?.cache.close();
      await frozen?.prefix.release();
    },
  };
}

async function openPrefix(
  { runtime, encoder, plan, control }: RunContext,
  step: EncoderStepOptions,
  tokens: TokenTable,
): Promise<PrefixSource> {
  const layers = step.tuning.kind === "last" ? step.tuning.layers : 0;
  const { padId } = encoder;
  const prefix = await openFrozenPrefix({ encoder: step.encoder, layers, padId, runtime });
  const cache = openActivationCache(tokens, prefix.width, runPaths(plan.settings.out).cache);
  const size = (cache.bytes / 2 ** 20).toFixed(0);
  const where = { memory: "in memory", file: "in a file", none: "nowhere: beyond 32 GB" };
  const message = `the frozen layers' output for all texts takes ${size} MB, kept ${where[cache.place]}`;
  control.onEvent({ type: "note", message });
  return { prefix, cache, tokens };
}
