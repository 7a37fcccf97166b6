import { buildCachedLoss, buildEmbeddingParts } from "../../encoder/step/cached-step.js";
import {
  buildEncoderStep,
  type EncoderGraphInfo,
  type EncoderStepOptions,
} from "../../encoder/step/encoder-step.js";
import type { StepModel } from "../../encoder/step/loss-step.js";
import {
  requireTrained,
  type TrainedGroup,
  trainedTensors,
} from "../../encoder/step/trained-tensors.js";
import type { Trainer } from "../../runtime/runtime.js";
import type { TokenTable } from "../batches/token-table.js";
import type { RunContext } from "../model/run-context.js";
import { runPaths } from "../run-folder/run-folder.js";
import { openActivationCache } from "./activation-cache.js";
import { cachedUpdate } from "./cached-update.js";
import type { EncoderBatch } from "./encoder-batch.js";
import { type EncoderInputs, encoderInputs, type PrefixSource } from "./encoder-inputs.js";
import { openFrozenPrefix } from "./frozen-prefix.js";
import { gradientsOf } from "./loss-graph.js";
import { openTrainer, type ParameterOptions } from "./open-trainer.js";
import { plainUpdate, type UpdateMethod } from "./update-method.js";

interface OpenUpdateOptions {
  readonly context: RunContext;
  /** What the step of each group is built from. */
  readonly steps: readonly EncoderStepOptions[];
  readonly parameters: ParameterOptions;
  readonly tokens: TokenTable;
}

/** A trainer and how batches become updates with it. */
interface OpenedUpdate {
  readonly trainer: Trainer;
  /** By group. */
  readonly methods: readonly UpdateMethod<EncoderBatch>[];
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
  const [part] = steps;
  const tensors = trainedOf(options, part.parameters);
  const { trainer, graphs } = await openTrainer(context.runtime, steps, parameters);
  const { inputsOf, release } = await openInputs(options, part);
  const methods = graphs.map((graph, i) => plainUpdate(graph, allSlots(inputsOf, steps[i].inputs)));
  return { trainer, methods, part, tensors, release };
}

/** What of the encoder the first group's step trains; that it is something is checked before the trainer takes it in. */
function trainedOf(
  { steps }: OpenUpdateOptions,
  parameters: StepModel["parameters"],
): TrainedGroup[] {
  const [{ encoder, tuning }] = steps;
  requireTrained(encoder, tuning, parameters);
  return trainedTensors(encoder, parameters);
}

/** The inputs of all texts of a batch. A function of its own, so that it holds on to no model. */
function allSlots(inputsOf: EncoderInputs, inputs: readonly string[]) {
  return (batch: EncoderBatch) => inputsOf(batch, [...batch.ids.keys()], inputs);
}

async function openCached(options: OpenUpdateOptions, tokens: number): Promise<OpenedUpdate> {
  const { context, parameters } = options;
  const part = buildEmbeddingParts(options.steps[0]);
  const { forward, backward } = part;
  const tensors = trainedOf(options, backward.parameters);
  const losses = options.steps.map(buildCachedLoss);
  const models = losses.map((one) => ({ ...one, outputs: [one.embeddingGradient] }));
  const { trainer, graphs } = await openTrainer(
    context.runtime,
    models,
    parameters,
    backward.parameters,
  );
  const { inputsOf, release } = await openInputs(options, part);
  const embed = await trainer.createSession(forward.model, {
    memoryPattern: false,
    transfer: true,
  });
  const source = await trainer.addGradients({
    model: backward.model,
    transfer: true,
    gradients: gradientsOf(backward),
    outputs: [],
  });
  const encoder = {
    forward: embed,
    forwardInputs: forward.inputs,
    backward: source,
    backwardInputs: backward.inputs,
  };
  const common = { trainer, encoder, tokens, inputsOf };
  return {
    trainer,
    methods: graphs.map((objective, i) => {
      const { embeddingGradient } = losses[i];
      return cachedUpdate({ ...common, objective, embeddingGradient });
    }),
    part,
    tensors,
    release: async () => {
      await embed.release();
      await release();
    },
  };
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
