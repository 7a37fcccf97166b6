import { influential } from "../../autodiff/dependence.js";
import { type Gradients, valueAndGrad } from "../../autodiff/value-and-grad.js";
import { internal } from "../../errors/internal.js";
import type { GraphBuilder } from "../../graph/builder.js";
import type { Graph } from "../../graph/ir.js";
import { serialize } from "../../graph/lower.js";
import { type DropoutSite, dropoutMasks } from "../../graph/rewrites/dropout.js";
import type { LowRankAdapter } from "../../graph/rewrites/low-rank.js";
import type { RewriteNote } from "../../graph/rewrites/matching.js";
import { tidy } from "../../graph/rewrites/tidy.js";
import {
  type EmbeddingGraph,
  type EmbeddingGraphOptions,
  embeddingGraph,
} from "./embedding-graph.js";
import { headedVectors, headPartParameters, type StepHead } from "./head-part.js";
import { encoderParameters, type Parameter, type StepParameter } from "./parameters.js";
import { appendObjective, type ObjectiveOptions } from "./role-inputs.js";

/** Everything that a training step of the encoder depends on. */
export interface EncoderStepOptions extends EmbeddingGraphOptions, ObjectiveOptions {
  readonly head?: StepHead | undefined;
}

/** A model that computes a loss and its gradients in one run. */
export interface StepModel {
  /** The ONNX file; weights that stay are inside. */
  readonly model: Uint8Array;
  /** Name of the output with the loss. */
  readonly loss: string;
  readonly parameters: readonly StepParameter[];
  /** Names of the inputs besides the parameters. */
  readonly inputs: readonly string[];
  /** Name of the output with the batch's candidates [N, D], where the objective has a queue. */
  readonly candidates?: string | undefined;
  readonly nodes: number;
}

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

const LOSS = "loss";

/**
 * Builds the training step: texts → encoder → pooling → head → objective → gradients of every trained tensor, in one ONNX
 * graph for one run. All texts of a batch go through the encoder together; roles take their vectors by number.
 */
export function buildEncoderStep(options: EncoderStepOptions): EncoderStep {
  const parts = embeddingGraph(options);
  const { b } = parts;
  const vectorsOf = headedVectors(b, parts.pooled, options.head);
  const { loss, own, candidates } = appendObjective(b, options, vectorsOf);
  const { depth } = options.encoder;
  const parameters = [
    ...encoderParameters(parts),
    ...headPartParameters(options.head, depth),
    ...own.map(({ name, shape }) => objectiveParameter(name, shape as number[], depth)),
  ];
  b.output(b.named(loss, LOSS));
  const dropout = dropoutMasks(b.graph);
  const model = differentiated(b, {
    loss: LOSS,
    outputs: candidates === undefined ? [LOSS] : [LOSS, candidates],
    parameters,
    tables: parts.tables,
  });
  return { ...model, loss: LOSS, candidates, ...encoderGraphInfo(parts, dropout, options) };
}

/** A trained tensor of an objective; its start values may depend on the first batch. */
export function objectiveParameter(
  name: string,
  shape: readonly number[],
  layer: number,
): Parameter {
  return { name, owner: "objective", shape, data: undefined, decay: false, layer };
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

/** What is to be differentiated, and which outputs there are besides gradients. */
export interface Differentiation {
  readonly loss: string;
  readonly outputs: readonly string[];
  readonly parameters: readonly Parameter[];
  readonly tables: readonly string[];
}

/** Adds the gradients of the parameters that the loss depends on, and serialises. */
export function differentiated(
  b: GraphBuilder,
  what: Differentiation,
): Omit<StepModel, "loss" | "candidates"> {
  const { graph } = b;
  const { loss, outputs } = what;
  const names = what.parameters.map(({ name }) => name);
  const wrt = influential(graph, loss, names);
  const gradients = valueAndGrad(graph, { loss, wrt, sparse: what.tables });
  graph.outputs.splice(0, graph.outputs.length, ...outputs, ...outputsOf(gradients));
  const parameters = what.parameters
    .filter(({ name }) => wrt.includes(name))
    .map((parameter) => ({
      ...parameter,
      gradient: gradients.get(parameter.name) ?? internal(`no gradient for ${parameter.name}`),
    }));
  return { ...finished(graph, wrt), parameters };
}

/** The graph as a file, with its inputs besides those named. */
export function finished(
  graph: Graph,
  parameters: readonly string[],
): Pick<StepModel, "model" | "inputs" | "nodes"> {
  tidy(graph);
  const inputs = graph.inputs.map(({ name }) => name).filter((name) => !parameters.includes(name));
  return { model: serialize(graph), inputs, nodes: graph.nodes.length };
}

function outputsOf(gradients: Gradients): string[] {
  return [...gradients.values()].flatMap((gradient) =>
    gradient.kind === "dense" ? [gradient.name] : [gradient.indices, gradient.rows],
  );
}
