import type { RewriteNote } from "../../graph/rewrite.js";
import { type DropoutSite, dropoutMasks } from "../../graph/rewrites/dropout.js";
import type { LowRankAdapter } from "../../graph/rewrites/low-rank.js";
import {
  type EmbeddingGraph,
  type EmbeddingGraphOptions,
  embeddingGraph,
} from "./embedding-graph.js";
import { appendLoss, differentiated, type LossOptions, type StepModel } from "./loss-step.js";
import { encoderParameters } from "./parameters.js";
import { slotVectors } from "./role-inputs.js";

/** Everything that a training step of the encoder depends on. */
export interface EncoderStepOptions extends EmbeddingGraphOptions, LossOptions {}

/** What is known of the encoder's part of a model. */
export interface EncoderGraphInfo {
  /** Masks among the inputs. */
  readonly dropout: readonly DropoutSite[];
  readonly adapters: readonly LowRankAdapter[];
  readonly packed: boolean;
  /** The input with token vectors at which it begins, rows [R, H] (padded [B, T, H] where not packed); undefined: token ids. */
  readonly boundary: string | undefined;
  /** L: number of layers. */
  readonly depth: number;
  readonly notes: readonly RewriteNote[];
}

export interface EncoderStep extends StepModel, EncoderGraphInfo {}

/**
 * Builds the training step: texts → encoder → pooling → head → objective → gradients of every trained tensor, in one ONNX
 * graph for one run. All texts of a batch go through the encoder together; roles take their vectors by number.
 */
export function buildEncoderStep(options: EncoderStepOptions): EncoderStep {
  const parts = embeddingGraph(options);
  const { b, pooled, tables } = parts;
  const vectors = slotVectors(b, pooled, options.head);
  const built = appendLoss(b, options, { vectors, layer: options.encoder.depth });
  const parameters = [...encoderParameters(parts), ...built.parameters];
  const dropout = dropoutMasks(b.graph);
  const model = differentiated(b, { ...built, parameters, tables });
  return { ...model, ...encoderGraphInfo(parts, dropout, options) };
}

/** What callers are told of the encoder's part. */
export function encoderGraphInfo(
  parts: EmbeddingGraph,
  dropout: readonly DropoutSite[],
  { encoder }: EmbeddingGraphOptions,
): EncoderGraphInfo {
  const { adapters, packed, boundary } = parts;
  const notes = [...encoder.notes, ...parts.notes];
  return { dropout, adapters, packed, boundary, depth: encoder.depth, notes };
}
