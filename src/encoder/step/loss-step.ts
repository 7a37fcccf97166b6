import { influential } from "../../autodiff/dependence.js";
import { type Gradients, valueAndGrad } from "../../autodiff/value-and-grad.js";
import { internal } from "../../errors/internal.js";
import { GraphBuilder } from "../../graph/builder.js";
import { emptyGraph, type Graph } from "../../graph/ir.js";
import { serialize } from "../../graph/lower.js";
import { tidy } from "../../graph/rewrites/tidy.js";
import { headPartParameters, type StepHead } from "./head-part.js";
import type { Parameter, StepParameter } from "./parameters.js";
import {
  appendObjective,
  givenVectors,
  type ObjectiveOptions,
  type RoleVectors,
} from "./role-inputs.js";

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

/** An objective behind vectors, with a head or without. */
export interface LossOptions extends ObjectiveOptions {
  readonly head?: StepHead | undefined;
}

/** What is to be differentiated, and which outputs there are besides gradients. */
interface Differentiation {
  readonly loss: string;
  readonly outputs: readonly string[];
  readonly parameters: readonly Parameter[];
  /** Embedding tables among the parameters: their gradients can come as rows. */
  readonly tables?: readonly string[];
  readonly candidates?: string | undefined;
}

const LOSS = "loss";

/** Appends the objective, whose loss gets a name, and tells the trained tensors of head and objective. `layer` is the number of the encoder's layers. */
export function appendLoss(
  b: GraphBuilder,
  options: LossOptions,
  { vectors, layer }: { readonly vectors: RoleVectors; readonly layer: number },
): Differentiation {
  const { loss, own, candidates } = appendObjective(b, options, vectors);
  b.output(b.named(loss, LOSS));
  const parameters = own.map(({ name, shape }): Parameter => {
    const known = { shape: shape as number[], data: undefined, decay: false };
    return { name, owner: "objective", layer, ...known };
  });
  return {
    loss: LOSS,
    outputs: candidates === undefined ? [LOSS] : [LOSS, candidates],
    parameters: [...headPartParameters(options.head, layer), ...parameters],
    candidates,
  };
}

/** The training step of a head on vectors that are given by role: see `givenVectors`. */
export function buildHeadStep(options: LossOptions & { readonly head: StepHead }): StepModel {
  const b = new GraphBuilder(emptyGraph("head_step"));
  const vectors = givenVectors(b, options.head);
  return differentiated(b, appendLoss(b, options, { vectors, layer: 0 }));
}

/** Adds the gradients of the parameters that the loss depends on, and serialises. */
export function differentiated(b: GraphBuilder, what: Differentiation): StepModel {
  const { graph } = b;
  const { loss, outputs, candidates } = what;
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
  return { ...finished(graph, wrt), loss, candidates, parameters };
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
