import { buildCachedStep } from "../encoder/step/cached-step.js";
import {
  buildEncoderStep,
  type EncoderPart,
  type EncoderStepOptions,
} from "../encoder/step/encoder-step.js";
import type { Trainer } from "../runtime/runtime.js";
import { openActivationCache } from "./activation-cache.js";
import { cachedRuns, cachedUpdate } from "./cached-update.js";
import { encoderInputs, type PrefixSource } from "./encoder-inputs.js";
import type { UpdateMethod } from "./encoder-student.js";
import {
  furtherParameters,
  mainParameters,
  optimizerOf,
  type ParameterOptions,
} from "./encoder-trainer.js";
import { openFrozenPrefix } from "./frozen-prefix.js";
import { plainUpdate } from "./plain-update.js";
import { runPaths } from "./run-folder.js";
import type { TokenTable } from "./token-table.js";
import type { Workshop } from "./workshop.js";

export interface OpenUpdateOptions {
  readonly shop: Workshop;
  readonly step: EncoderStepOptions;
  readonly parameters: ParameterOptions;
  readonly tokens: TokenTable;
}

/** A trainer and how batches become updates with it. */
export interface OpenedUpdate {
  readonly trainer: Trainer;
  readonly method: UpdateMethod<unknown>;
  readonly part: EncoderPart;
  /** Frees everything but the trainer. */
  readonly release: () => Promise<void>;
}

/** Opens the trainer: in one run a batch or, with `--mini-batch-tokens`, with gradient caching. */
export async function openUpdate(options: OpenUpdateOptions): Promise<OpenedUpdate> {
  const { miniBatchTokens } = options.shop.plan.settings;
  return miniBatchTokens === undefined ? openPlain(options) : openCached(options, miniBatchTokens);
}

async function openPlain(options: OpenUpdateOptions): Promise<OpenedUpdate> {
  const { shop, parameters } = options;
  const step = buildEncoderStep(options.step);
  const { model, loss, candidates } = step;
  const trainer = await shop.runtime.createTrainer({
    model,
    transfer: true,
    loss,
    outputs: candidates === undefined ? [] : [candidates],
    parameters: mainParameters(step.parameters, parameters),
    ...optimizerOf(shop.plan.settings),
  });
  const { inputsOf, release } = await openInputs(options, step);
  const method = plainUpdate(trainer, step, inputsOf) as UpdateMethod<unknown>;
  return { trainer, method, part: step, release };
}

async function openCached(options: OpenUpdateOptions, tokens: number): Promise<OpenedUpdate> {
  const { shop, parameters } = options;
  const step = buildCachedStep(options.step);
  const { objective, backward } = step;
  const { embeddingGradient, candidates } = objective;
  const trainer = await shop.runtime.createTrainer({
    model: objective.model,
    loss: objective.loss,
    outputs: candidates === undefined ? [embeddingGradient] : [embeddingGradient, candidates],
    parameters: [
      ...furtherParameters(backward.parameters, parameters),
      ...mainParameters(objective.parameters, parameters),
    ],
    ...optimizerOf(shop.plan.settings),
  });
  const gradients = new Map(backward.parameters.map(({ name, gradient }) => [name, gradient]));
  const { inputsOf, release } = await openInputs(options, step);
  const forward = await trainer.createSession(step.forward.model, {
    memoryPattern: false,
    transfer: true,
  });
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
    method: cachedUpdate(parts) as UpdateMethod<unknown>,
    part: step,
    release: async () => {
      await forward.release();
      await release();
    },
  };
}

async function openInputs({ shop, step, tokens }: OpenUpdateOptions, part: EncoderPart) {
  const { padId } = shop.encoder;
  const frozen = part.boundary === undefined ? undefined : await openPrefix(shop, step, tokens);
  return {
    inputsOf: encoderInputs({ part, padId, frozen, seed: shop.plan.settings.seed }),
    release: async () => {
      frozen?.cache.close();
      await frozen?.prefix.release();
    },
  };
}

async function openPrefix(
  { runtime, encoder, plan, control }: Workshop,
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
