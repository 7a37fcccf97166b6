import { type Gradients, valueAndGrad } from "../../autodiff/value-and-grad.js";
import { buildHead, type HeadSpec, headParameters } from "../../encoder/head.js";
import type { HeadSide } from "../../encoder/step/head-part.js";
import { GraphBuilder } from "../../graph/builder.js";
import { emptyGraph, type Shape, type Value } from "../../graph/ir.js";
import { serialize } from "../../graph/lower.js";
import * as ops from "../../graph/ops/index.js";
import { batchCandidates, type PairInputs } from "../../objectives/candidates.js";
import { buildLoss, type ConfiguredObjective } from "../../objectives/loss.js";
import { type Inputs, type ObjectiveInput, objectiveInputs } from "../../objectives/roles.js";

/** Everything that the graph of a head's training step depends on. */
export interface HeadStep {
  readonly objective: ConfiguredObjective;
  readonly head: HeadSpec;
  readonly headSide: HeadSide;
  /** What stands before the names of the objective's own parameters; default nothing. */
  readonly prefix?: string;
  /** Inputs of the objective that every batch has. */
  readonly roles: readonly ObjectiveInput[];
  /** K, the most explicit negatives of a row; 0 when there are none. */
  readonly negatives: number;
  /** G: numbers in a guide's vector. */
  readonly guideDimension?: number | undefined;
}

/** A serialised step: loss and gradients in one run. */
export interface StepGraph {
  readonly model: Uint8Array;
  readonly loss: string;
  /** Parameter → graph outputs that hold its gradient. */
  readonly gradients: Gradients;
  /** The output with the batch's candidates [N,D] before the queue, where there is one. */
  readonly candidates: string | undefined;
}

const queryRoles: readonly ObjectiveInput[] = ["anchors", "sentence1"];

/**
 * Builds the training step of a head: encoder vectors [B,E] (negatives [B·K,E]) → head → objective → gradient with
 * respect to the head's and the objective's parameters. Graph inputs are named by role; parameters by their own names.
 */
export function headStepGraph(step: HeadStep): StepGraph {
  const graph = emptyGraph("head_step");
  const b = new GraphBuilder(graph);
  const weights = weightInputs(b, step.head);
  const dimension = step.head.outputDim;
  const inputs = Object.fromEntries(
    step.roles.map((role) => [role, roleInput(b, step, role, weights)]),
  ) as Inputs;
  const trained = step.objective.definition.trained.map(({ role, shape }) => ({
    role,
    value: b.input((step.prefix ?? "") + role, "float32", shape(dimension)),
  }));
  const all = { ...inputs, ...Object.fromEntries(trained.map(({ role, value }) => [role, value])) };
  const loss = buildLoss(b, step.objective, all);
  b.output(loss);
  const wrt = [...weights.keys(), ...trained.map(({ value }) => value.name)];
  const gradients = valueAndGrad(graph, { loss: loss.name, wrt });
  graph.outputs.push(...outputsOf(gradients));
  const candidates =
    inputs.queue === undefined
      ? undefined
      : b.output(b.named(batchCandidates(b, inputs as PairInputs), "candidates"));
  return {
    model: serialize(graph),
    loss: loss.name,
    gradients,
    candidates: candidates?.name,
  };
}

/** The graph outputs that hold gradients. */
function outputsOf(gradients: Gradients): string[] {
  return [...gradients.values()].flatMap((gradient) =>
    gradient.kind === "dense" ? [gradient.name] : [gradient.indices, gradient.rows],
  );
}

/** The graph that applies a head to encoder vectors `x` [B,E]; its output is `y` [B,D]. */
export function headForwardGraph(head: HeadSpec): Uint8Array {
  const graph = emptyGraph("head");
  const b = new GraphBuilder(graph);
  const weights = weightInputs(b, head);
  const x = b.input("x", "float32", ["B", head.inputDim]);
  const y = buildHead(b, head, x, weights);
  b.output(b.named(y, "y"));
  return serialize(graph);
}

function weightInputs(b: GraphBuilder, head: HeadSpec): ReadonlyMap<string, Value> {
  return new Map(
    headParameters(head).map(({ name, shape }) => [name, b.input(name, "float32", shape)]),
  );
}

function roleInput(
  b: GraphBuilder,
  step: HeadStep,
  role: ObjectiveInput,
  weights: ReadonlyMap<string, Value>,
): Value {
  const spec = objectiveInputs[role];
  if (spec.kind !== "vectors") {
    const dtype = spec.type === "float" ? "float32" : spec.type;
    return b.input(role, dtype, shapeOf(step, spec.shape));
  }
  const x = b.input(role, "float32", [role === "negatives" ? "BK" : "B", step.head.inputDim]);
  const projected = step.headSide === "both" || queryRoles.includes(role);
  const y = projected ? buildHead(b, step.head, x, weights) : x;
  if (role !== "negatives") return y;
  const { outputDim } = step.head;
  return ops.reshape(b, y, [-1, step.negatives, outputDim], ["B", step.negatives, outputDim]);
}

/** Sizes that are known before the first batch, by the letters of the objectives' page. */
function shapeOf(step: HeadStep, letters: readonly string[]): Shape {
  const { head, negatives } = step;
  const known: Record<string, number | undefined> = {
    D: head.outputDim,
    K: negatives,
    G: step.guideDimension,
    "D or K": negatives > 0 ? negatives : head.outputDim,
  };
  return letters.map((letter) => known[letter] ?? letter);
}
