import { GraphBuilder } from "../../graph/builder.js";
import { emptyGraph } from "../../graph/ir.js";
import * as ops from "../../graph/ops/index.js";
import { dropoutMasks } from "../../graph/rewrites/dropout.js";
import { poolingModes } from "../pooling-mode.js";
import { type EmbeddingGraphOptions, embeddingGraph } from "./embedding-graph.js";
import {
  differentiated,
  type EncoderGraphInfo,
  type EncoderStepOptions,
  encoderGraphInfo,
  finished,
  objectiveParameter,
  type StepModel,
} from "./encoder-step.js";
import { headedVectors, headPartParameters } from "./head-part.js";
import { encoderParameters } from "./parameters.js";
import { appendObjective } from "./role-inputs.js";

/** Names of inputs and outputs of the parts of a step with gradient caching. */
export const CACHED_NAMES = {
  /** Pooled vectors [B, H], before the head. */
  embedding: "embedding",
  /** ∂loss/∂embedding [B, H]. */
  gradient: "embedding_gradient",
  loss: "loss",
} as const;

/** A model that only computes. */
export interface ForwardModel {
  readonly model: Uint8Array;
  /** Names of trained tensors among the inputs. */
  readonly parameters: readonly string[];
  readonly inputs: readonly string[];
  readonly nodes: number;
}

/** Loss from vectors, with the gradient of the vectors. */
export interface CachedLoss extends StepModel {
  /** Output with ∂loss/∂embedding [B, H]. */
  readonly embeddingGradient: string;
}

/** Texts → `embedding`, and texts with `embedding_gradient` → gradients of the encoder's trained tensors. */
export interface EmbeddingGraphs extends EncoderGraphInfo {
  readonly forward: ForwardModel;
  readonly backward: StepModel;
}

/** The three models of a step with gradient caching. */
export interface CachedStep extends EmbeddingGraphs {
  readonly objective: CachedLoss;
}

/**
 * Builds a step with gradient caching (Gao 2021, GradCache, section 3.2): embed chunks of a batch with `forward`, take loss
 * and ∂loss/∂embedding on all of them with `objective`, then run each chunk again with `backward`, whose gradients add up
 * to those of the whole batch. Dropout masks of a chunk must be the same in both runs.
 */
export function buildCachedStep(options: EncoderStepOptions): CachedStep {
  return { ...buildEmbeddingParts(options), objective: buildCachedLoss(options) };
}

/** The encoder's two models: forward alone, and backward from a given gradient. */
export function buildEmbeddingParts(options: EmbeddingGraphOptions): EmbeddingGraphs {
  return { forward: embedForward(options), ...embedBackward(options) };
}

/** Texts → `embedding` [B, H], with trained tensors as inputs. */
export function embedForward(options: EmbeddingGraphOptions): ForwardModel {
  const parts = embeddingGraph(options);
  const { b } = parts;
  const parameters = encoderParameters(parts).map(({ name }) => name);
  b.output(b.named(parts.pooled, CACHED_NAMES.embedding));
  dropoutMasks(b.graph);
  const model = finished(b.graph, parameters);
  return { ...model, parameters };
}

/** The gradients of Σ embedding ⊙ embedding_gradient, which is its own loss. */
function embedBackward(options: EmbeddingGraphOptions): EncoderGraphInfo & { backward: StepModel } {
  const parts = embeddingGraph(options);
  const { b, pooled, tables } = parts;
  const parameters = encoderParameters(parts);
  const { gradient, loss } = CACHED_NAMES;
  const weights = b.input(gradient, "float32", pooled.shape);
  b.output(b.named(ops.reduceSum(b, ops.mul(b, pooled, weights)), loss));
  const dropout = dropoutMasks(b.graph);
  const model = differentiated(b, { loss, outputs: [], parameters, tables });
  return { backward: { ...model, loss }, ...encoderGraphInfo(parts, dropout, options) };
}

/** Head and objective on vectors that are given. */
export function buildCachedLoss(options: EncoderStepOptions): CachedLoss {
  const b = new GraphBuilder(emptyGraph("cached_loss"));
  const size = embeddingSize(options);
  const { depth } = options.encoder;
  const { embedding, loss } = CACHED_NAMES;
  const vectors = b.input(embedding, "float32", ["B", size]);
  const vectorsOf = headedVectors(b, vectors, options.head);
  const built = appendObjective(b, options, vectorsOf);
  const own = built.own.map(({ name, shape }) =>
    objectiveParameter(name, shape as number[], depth),
  );
  const given = { name: embedding, owner: "objective", shape: [], data: undefined } as const;
  const { candidates } = built;
  b.named(built.loss, loss);
  const parameters = [
    { ...given, decay: false, layer: depth },
    ...headPartParameters(options.head, depth),
    ...own,
  ];
  const outputs = candidates === undefined ? [loss] : [loss, candidates];
  const model = differentiated(b, { loss, outputs, parameters, tables: [] });
  const [first, ...rest] = model.parameters;
  const embeddingGradient = first?.gradient.kind === "dense" ? first.gradient.name : "";
  const inputs = [embedding, ...model.inputs];
  return { ...model, loss, candidates, parameters: rest, inputs, embeddingGradient };
}

/** Numbers in a pooled vector. */
function embeddingSize({ encoder, pooling }: EmbeddingGraphOptions): number {
  return Number(encoder.graph.types.get(encoder.hidden)?.shape[2]) * poolingModes(pooling).length;
}
