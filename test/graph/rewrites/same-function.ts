import { expect } from "vitest";
import { valueAndGrad } from "../../../src/autodiff/value-and-grad.js";
import { GraphBuilder } from "../../../src/graph/builder.js";
import { emptyGraph, type Graph, type Shape, type Value } from "../../../src/graph/ir.js";
import { cloneGraph } from "../../../src/graph/rewrite.js";
import { verify } from "../../../src/graph/verify.js";
import type { Tensor } from "../../../src/math/tensor.js";
import { randomTensor, weightedSum } from "../../support/gradient-check.js";
import { runGraph } from "../../support/run-graph.js";

/** A function of float32 inputs as a graph of its own; all inputs but `x` are initializers, as weights are. */
export interface WrittenFunction {
  /** Shapes of the inputs; the first is `x`. */
  readonly inputs: Readonly<Record<string, readonly number[]>>;
  readonly build: (b: GraphBuilder, inputs: Readonly<Record<string, Value>>) => Value;
}

export function writeGraph({ inputs, build }: WrittenFunction): Graph {
  const b = new GraphBuilder(emptyGraph("written"));
  const values = Object.entries(inputs).map(([name, shape], i) => {
    if (i === 0)
      return [name, b.input(name, "float32", ["B", ...shape.slice(1)] as Shape)] as const;
    return [name, b.initializer(name, tensorOf(shape, i))] as const;
  });
  b.output(build(b, Object.fromEntries(values)));
  return b.graph;
}

const tensorOf = (shape: readonly number[], seed: number): Tensor =>
  randomTensor(shape, { dtype: "float32", low: -2, high: 2, seed: seed + 1 });

/** Value of the graph and gradients of Σ y ⊙ w with respect to x and all weights, one after the other. */
async function evaluate(graph: Graph, x: Tensor, weights: readonly string[]): Promise<number[][]> {
  const own = cloneGraph(graph);
  const b = new GraphBuilder(own);
  const y = b.value(own.outputs[0]);
  const loss = weightedSum(b, y);
  const gradients = valueAndGrad(own, { loss: loss.name, wrt: weights });
  const names = [...gradients.values()].map((g) => (g.kind === "dense" ? g.name : g.rows));
  const results = await runGraph(own, { x }, [y.name, ...names]);
  return [y.name, ...names].map((name) => [...(results[name].data as Float32Array)]);
}

/** Rewrites a graph and checks that it is sound and that values and all gradients are the same to float32's accuracy. */
export async function expectSameFunction(
  f: WrittenFunction,
  rewrite: (graph: Graph) => void,
): Promise<Graph> {
  const [name, shape] = Object.entries(f.inputs)[0];
  const x = tensorOf(shape, 0);
  const before = writeGraph(f);
  const after = writeGraph(f);
  rewrite(after);
  expect(verify(after)).toEqual([]);
  const weights = [name, ...before.initializers.keys()].filter(
    (own) => own in f.inputs && before.nodes.some((node) => node.inputs.includes(own)),
  );
  const [expected, found] = [await evaluate(before, x, weights), await evaluate(after, x, weights)];
  for (const [k, values] of expected.entries()) {
    const size = Math.max(1e-3, ...values.map(Math.abs));
    values.forEach((value, i) => {
      expect(
        Math.abs(found[k][i] - value) / size,
        `${["value", ...weights][k]}[${i}]`,
      ).toBeLessThan(5e-6);
    });
  }
  return after;
}

export const operators = (graph: Graph): string[] => graph.nodes.map((node) => node.op);
