import { GraphBuilder } from "../../graph/builder.js";
import { emptyGraph } from "../../graph/ir.js";
import * as ops from "../../graph/ops/index.js";
import { dropoutMasks } from "../../graph/rewrites/dropout.js";
import { poolingModes } from "../pooling-mode.js";
import { type EmbeddingGraphOptions, embeddingGraph } from "./embedding-graph.js";
import {
  type EncoderGraphInfo,
  type EncoderStepOptions,
  encoderGraphInfo,
} from "./encoder-step.js";
import { appendLoss, differentiated, finished, type StepModel } from "./loss-step.js";
import { encoderParameters, type Parameter } from "./parameters.js";
import { slotVectors } from "./role-inputs.js";

/** Names of inputs and outputs of the parts of a step with gradient caching. */
export const CACHED_NAMES = {
  /** Pooled vectors [B, H], before the head. */
  embedding: "embedding",
  /** ∂loss/∂embedding [B, H]. */
  gradient: "embedding_gradient",
  loss: "loss",
} as const;

/** A model that only computes. */
interface ForwardModel {
  readonly model: Uint8Array;
  /** Names of trained tensors among the inputs. */
  readonly parameters: readonly string[];
  readonly inputs: readonly string[];
  readonly nodes: number;
}

/** Loss from vectors, with the gradient of the vectors. */
interface CachedLoss extends StepModel {
  /** Output with ∂loss/∂embedding [B, H]. */
  readonly embeddingGradient: string;
}

/** Texts → `embedding`, and texts with `embedding_gradient` → gradients of the encoder's trained tensors. */
interface EmbeddingGraphs extends EncoderGraphInfo {
  readonly forward: ForwardModel;
  readonly backward: StepModel;
}

/**
 * Builds the encoder's models of a step with gradient caching (Gao 2021, GradCache, section 3.2): embed chunks of a batch with
 * `forward`, take loss and ∂loss/∂embedding on all of them with the model of `buildCachedLoss`, then run each chunk again with
 * `backward`, whose gradients add up to those of the whole batch. Dropout masks of a chunk must be the same in both runs.
 */
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
  return { backward: model, ...encoderGraphInfo(parts, dropout, options) };
}

/** Head and objective on the vectors `embedding` of all texts of a batch. */
export function buildCachedLoss(options: EncoderStepOptions): CachedLoss {
  const b = new GraphBuilder(emptyGraph("cached_loss"));
  const { depth: layer } = options.encoder;
  const { embedding: name } = CACHED_NAMES;
  const embedding = b.input(name, "float32", ["B", embeddingSize(options)]);
  const built = appendLoss(b, options, { vectors: slotVectors(b, embedding, options.head), layer });
  const asked: Parameter = {
    ...{ name, owner: "objective", shape: [], data: undefined, decay: false, layer },
  };
  const model = differentiated(b, { ...built, parameters: [asked, ...built.parameters] });
  const [first, ...parameters] = model.parameters;
  const embeddingGradient = first?.gradient.kind === "dense" ? first.gradient.name : "";
  return { ...model, parameters, inputs: [name, ...model.inputs], embeddingGradient };
}

/** Numbers in a pooled vector. */
function embeddingSize({ encoder, pooling }: EmbeddingGraphOptions): number {
  return Number(encoder.graph.types.get(encoder.hidden)?.shape[2]) * poolingModes(pooling).length;
}
