import { describe, expect, it } from "vitest";
import { valueAndGrad } from "../../src/autodiff/value-and-grad.js";
import { GraphBuilder } from "../../src/graph/builder.js";
import { emptyGraph, type Value } from "../../src/graph/ir.js";
import { erf, gelu, mul, reduceSum } from "../../src/graph/ops/index.js";
import { float32 } from "../../src/math/tensor.js";
import { compareWithDifferences } from "../support/gradient-check.js";
import { runGraph } from "../support/run-graph.js";

const X = [-5, -2.5, -1, -0.3, 0, 0.2, 0.75, 1.5, 3, 5];

/** Φ(x) + x·φ(x) at X, from Python's math.erfc in float64. */
const GELU_SLOPES = [
  -7.146946001792295e-6, -0.037611085908145214, -0.08331547058768629, 0.26767223317289013, 0.5,
  0.6574682482341941, 0.9992257217392351, 1.1274691922299795, 1.011945647204184, 1.0000071469460017,
];

function tanhGeluSlope(x: number): number {
  const c = Math.sqrt(2 / Math.PI);
  const t = Math.tanh(c * (x + 0.044715 * x ** 3));
  return 0.5 * (1 + t) + 0.5 * x * (1 - t * t) * c * (1 + 3 * 0.044715 * x * x);
}

const cases: readonly {
  name: string;
  build: (b: GraphBuilder, x: Value) => Value;
  slopes: readonly number[];
}[] = [
  {
    name: "Erf",
    build: erf,
    slopes: X.map((x) => (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x)),
  },
  {
    name: "Softplus",
    build: (b, x) => b.op("Softplus", [x]),
    slopes: X.map((x) => 1 / (1 + Math.exp(-x))),
  },
  { name: "Gelu", build: (b, x) => gelu(b, x), slopes: GELU_SLOPES },
  { name: "Gelu by tanh", build: (b, x) => gelu(b, x, "tanh"), slopes: X.map(tanhGeluSlope) },
];

describe("activations that ONNX Runtime has in float32 only", () => {
  it.each(cases)("$name: the slope is the analytic one to 1e-6", async ({ build, slopes }) => {
    const b = new GraphBuilder(emptyGraph("slope"));
    const x = b.input("x", "float32", [X.length]);
    const g = b.input("g", "float32", [X.length]);
    const loss = reduceSum(b, mul(b, build(b, x), g));
    const gradient = valueAndGrad(b.graph, { loss: loss.name, wrt: ["x"] }).get("x");
    if (gradient?.kind !== "dense") throw new Error("expected a dense gradient");
    const weights = X.map((_, i) => 1 + i / 4);
    const feeds = { x: float32([X.length], X), g: float32([X.length], weights) };
    const result = (await runGraph(b.graph, feeds, [gradient.name]))[gradient.name].data;
    for (const [i, slope] of slopes.entries()) {
      expect(Math.abs(Number(result[i]) / weights[i] - slope)).toBeLessThanOrEqual(1e-6);
    }
  });

  it.each(cases)("$name: the gradient equals differences to 1e-3", async ({ build }) => {
    const inputs = [{ tensor: float32([X.length], X) }];
    const [comparison] = await compareWithDifferences(
      { inputs, build: (b, x) => build(b, x) },
      0.01,
    );
    for (const [i, expected] of comparison.differences.entries()) {
      expect(Math.abs(comparison.gradient[i] - expected)).toBeLessThanOrEqual(1e-3);
    }
  });
});
