import { influential } from "../../src/autodiff/dependence.js";
import { valueAndGrad } from "../../src/autodiff/value-and-grad.js";
import { GraphBuilder } from "../../src/graph/builder.js";
import { emptyGraph } from "../../src/graph/ir.js";
import { bool, float64, int64, type Tensor } from "../../src/math/tensor.js";
import { buildLoss } from "../../src/objectives/loss.js";
import { objectiveNamed } from "../../src/objectives/registry.js";
import { resolveOptions } from "../../src/objectives/resolve.js";
import { type Inputs, type ObjectiveInput, objectiveInputs } from "../../src/objectives/roles.js";
import { numbersBetween } from "../support/gradient-check.js";
import { runGraph } from "../support/run-graph.js";

/** Inputs as nested lists are tedious: shape and numbers. */
export type Numbers = readonly [shape: readonly number[], data: readonly number[]];
export type Given = { readonly [R in ObjectiveInput]?: Numbers };

export interface Evaluated {
  readonly loss: number;
  readonly gradients: Readonly<Record<string, readonly number[]>>;
}

/** Random numbers of a shape, fixed by the seed. */
export function random(shape: readonly number[], seed: number): Numbers {
  const size = shape.reduce((x, y) => x * y, 1);
  return [shape, numbersBetween(-1.5, 1.5, size, seed)];
}

export function tensorOf(role: ObjectiveInput, [shape, data]: Numbers): Tensor {
  if (objectiveInputs[role].type === "int64") return int64(shape, data);
  return objectiveInputs[role].type === "bool"
    ? bool(
        shape,
        data.map((x) => x !== 0),
      )
    : float64(shape, data);
}

/** Builds the objective for these static shapes without running it. */
export function build(name: string, given: Given, options: Readonly<Record<string, unknown>> = {}) {
  const definition = objectiveNamed(name);
  const b = new GraphBuilder(emptyGraph(name));
  const entries = Object.entries(given) as [ObjectiveInput, Numbers][];
  const tensors = entries.map(([role, numbers]) => [role, tensorOf(role, numbers)] as const);
  const inputs: Inputs = Object.fromEntries(
    tensors.map(([role, tensor]) => [role, b.input(role, tensor.dtype, tensor.shape)]),
  );
  const loss = buildLoss(b, { definition, options: resolveOptions(definition, options) }, inputs);
  return { graph: b.graph, loss: loss.name, feeds: Object.fromEntries(tensors) };
}

/** Loss and gradients of all vectors and trained scalars, in float64. */
export async function evaluate(
  name: string,
  given: Given,
  options: Readonly<Record<string, unknown>> = {},
): Promise<Evaluated> {
  const { graph, loss, feeds } = build(name, given, options);
  const trainable = (Object.keys(given) as ObjectiveInput[]).filter(
    (role) => objectiveInputs[role].kind !== "constant",
  );
  const wrt = influential(graph, loss, trainable);
  const gradients = valueAndGrad(graph, { loss, wrt });
  const names = wrt.map((role) => {
    const gradient = gradients.get(role);
    if (gradient?.kind !== "dense") throw new Error(`no gradient for ${role}`);
    return gradient.name;
  });
  const results = await runGraph(graph, feeds, [loss, ...names]);
  const listed = wrt.map((role, i) => [role, Array.from(results[names[i]].data, Number)] as const);
  return { loss: Number(results[loss].data[0]), gradients: Object.fromEntries(listed) };
}

/** The largest absolute difference of two lists of equal length. */
export function difference(x: readonly number[], y: readonly number[]): number {
  if (x.length !== y.length) return Number.POSITIVE_INFINITY;
  return x.reduce((worst, value, i) => {
    const d = Math.abs(value - y[i]);
    return Number.isNaN(d) ? Number.POSITIVE_INFINITY : Math.max(worst, d);
  }, 0);
}
