import { describe, expect, it } from "vitest";
import type { GraphBuilder } from "../../../src/graph/builder.js";
import { type Graph, int, type Value } from "../../../src/graph/ir.js";
import * as ops from "../../../src/graph/ops/index.js";
import { expandGelu } from "../../../src/graph/rewrites/activations.js";
import { raiseGelu } from "../../../src/graph/rewrites/gelu.js";
import { raiseLayerNormalization } from "../../../src/graph/rewrites/layer-normalization.js";
import { joinLinear } from "../../../src/graph/rewrites/linear.js";
import { tidy } from "../../../src/graph/rewrites/tidy.js";
import { expectSameFunction, operators, writeGraph } from "./same-function.js";

const number = (b: GraphBuilder, c: number, like: Value): Value => ops.scalarLike(b, c, like);
const times = (b: GraphBuilder, x: Value, c: number): Value => ops.mul(b, x, number(b, c, x));
const plus = (b: GraphBuilder, x: Value, c: number): Value => ops.add(b, x, number(b, c, x));

describe("GELU", () => {
  type Write = (b: GraphBuilder, x: Value) => Value;
  const cdf2 = (b: GraphBuilder, t: Value): Value => plus(b, ops.erf(b, t), 1);
  const cube = (b: GraphBuilder, x: Value): Value => ops.mul(b, ops.mul(b, x, x), x);
  const c = Math.sqrt(2 / Math.PI);

  const forms: Readonly<Record<string, Write>> = {
    "x·(1 + erf(x/√2))·½": (b, x) =>
      times(b, ops.mul(b, x, cdf2(b, ops.div(b, x, number(b, Math.SQRT2, x)))), 0.5),
    "½x·(1 + erf(x·√½))": (b, x) =>
      ops.mul(b, times(b, x, 0.5), cdf2(b, times(b, x, Math.SQRT1_2))),
    "x·(½·(1 + erf))": (b, x) => ops.mul(b, x, times(b, cdf2(b, times(b, x, Math.SQRT1_2)), 0.5)),
    "x·(½ + ½·erf)": (b, x) =>
      ops.mul(b, x, plus(b, times(b, ops.erf(b, times(b, x, Math.SQRT1_2)), 0.5), 0.5)),
    "½x·(1 + tanh(c(x + 0.044715x³)))": (b, x) => {
      const inner = ops.add(b, x, times(b, cube(b, x), 0.044715));
      return ops.mul(b, times(b, x, 0.5), plus(b, ops.tanh(b, times(b, inner, c)), 1));
    },
    "½x·(1 + tanh(cx(1 + 0.044715x²)))": (b, x) => {
      const factor = plus(b, times(b, ops.pow(b, x, number(b, 2, x)), 0.044715), 1);
      const inner = ops.mul(b, times(b, x, c), factor);
      return ops.mul(b, times(b, x, 0.5), plus(b, ops.tanh(b, inner), 1));
    },
  };

  it.each(Object.entries(forms))("is recognised as %s", async (_, build) => {
    const f = {
      inputs: { x: [3, 8] },
      build: (b: GraphBuilder, v: Record<string, Value>) => build(b, v.x),
    };
    const graph = await expectSameFunction(f, (g) => {
      expect(raiseGelu(g)).toEqual({ name: "gelu", applied: 1, note: "" });
    });
    expect(operators(graph)).toEqual(["Gelu"]);
  });

  it.each(["none", "tanh"] as const)("is expanded with its slope (%s)", async (approximate) => {
    const f = {
      inputs: { x: [3, 8] },
      build: (b: GraphBuilder, v: Record<string, Value>) => ops.gelu(b, v.x, approximate),
    };
    const graph = await expectSameFunction(f, expandGelu);
    expect(operators(graph)).toContain("WithSlope");
  });

  it("is not found in another formula, which is left and told", () => {
    const build = (b: GraphBuilder, { x }: Record<string, Value>): Value =>
      times(b, ops.mul(b, x, cdf2(b, times(b, x, 0.7))), 0.5);
    const graph = writeGraph({ inputs: { x: [3, 8] }, build });
    const note = raiseGelu(graph);
    expect(note).toEqual({
      name: "gelu",
      applied: 0,
      note: "1 formulas with Erf are not GELU as it is known",
    });
    expect(operators(graph)).toContain("Erf");
  });

  it("is far from zero where erf has ended", async () => {
    const f = {
      inputs: { x: [1, 4] },
      build: (b: GraphBuilder, v: Record<string, Value>) => ops.gelu(b, times(b, v.x, 8)),
    };
    await expectSameFunction(f, expandGelu);
  });
});

describe("layer normalisation", () => {
  interface Parts {
    readonly square: (b: GraphBuilder, d: Value) => Value;
    readonly divide: (b: GraphBuilder, d: Value, v: Value) => Value;
  }
  const power = (b: GraphBuilder, d: Value): Value => ops.pow(b, d, number(b, 2, d));
  const forms: Readonly<Record<string, Parts>> = {
    "(x−m)² as Pow, Div by Sqrt": {
      square: power,
      divide: (b, d, v) => ops.div(b, d, ops.sqrt(b, v)),
    },
    "(x−m)² as Mul, Mul by Reciprocal": {
      square: ops.square,
      divide: (b, d, v) => ops.mul(b, d, ops.reciprocal(b, ops.sqrt(b, v))),
    },
    "power −½": {
      square: power,
      divide: (b, d, v) => ops.mul(b, ops.pow(b, v, number(b, -0.5, v)), d),
    },
    "1/√": {
      square: power,
      divide: (b, d, v) => ops.mul(b, d, ops.div(b, number(b, 1, v), ops.sqrt(b, v))),
    },
  };
  const written = (parts: Parts, axis = -1) => ({
    inputs: { x: [2, 3, 8], gamma: [8], beta: [8] },
    build: (b: GraphBuilder, { x, gamma, beta }: Record<string, Value>) => {
      const mean = (v: Value): Value => ops.reduceMean(b, v, { axes: [axis], keepDims: true });
      const d = ops.sub(b, x, mean(x));
      const variance = plus(b, mean(parts.square(b, d)), 1e-6);
      return ops.add(b, ops.mul(b, parts.divide(b, d, variance), gamma), beta);
    },
  });

  it.each(Object.entries(forms))("is recognised with %s", async (_, parts) => {
    const graph = await expectSameFunction(written(parts), (g) => {
      expect(raiseLayerNormalization(g).applied).toBe(1);
    });
    expect(operators(graph)).toEqual(["LayerNormalization"]);
  });

  it("is not seen in means over another axis", () => {
    const graph = writeGraph(written(forms["1/√"], 1));
    const { applied, note } = raiseLayerNormalization(graph);
    expect([applied, note]).toEqual([0, "the graph has no layer normalisation that is recognised"]);
  });
});

describe("linear maps of rows", () => {
  const join = (graph: Graph): void => {
    expect(joinLinear(graph).applied).toBeGreaterThan(0);
  };
  const inputs = { x: [5, 4], w: [4, 3], c: [3] };

  it.each<[string, (b: GraphBuilder, v: Record<string, Value>) => Value]>([
    ["x·w + c", (b, { x, w, c }) => ops.add(b, c, ops.matmul(b, x, w))],
    [
      "2·(x·w + c)/3",
      (b, { x, w, c }) => {
        const y = ops.add(b, ops.matmul(b, x, w), c);
        return ops.div(b, times(b, y, 2), number(b, 3, y));
      },
    ],
    ["(½x)·w", (b, { x, w }) => ops.matmul(b, times(b, x, 0.5), w)],
    ["3·(x·w) + c", (b, { x, w, c }) => ops.add(b, times(b, ops.matmul(b, x, w), 3), c)],
  ])("%s is one Gemm", async (_, build) => {
    expect(operators(await expectSameFunction({ inputs, build }, join))).toEqual(["Gemm"]);
  });

  it("x·vᵀ + c reads the weight as it is stored", async () => {
    const build = (b: GraphBuilder, { x, v, c }: Record<string, Value>): Value =>
      ops.add(b, ops.matmul(b, x, ops.transpose(b, v)), c);
    const f = { inputs: { x: [5, 4], v: [3, 4], c: [3] }, build };
    const graph = await expectSameFunction(f, join);
    expect(operators(graph)).toEqual(["Gemm"]);
    expect(graph.nodes[0].attributes.transB).toEqual(int(1));
  });

  it("keeps a product that others read beside its bias", async () => {
    const build = (b: GraphBuilder, { x, w, c }: Record<string, Value>): Value => {
      const y = ops.matmul(b, x, w);
      return ops.mul(b, ops.add(b, y, c), y);
    };
    const graph = await expectSameFunction({ inputs, build }, join);
    expect(operators(graph)).toEqual(["Gemm", "Add", "Mul"]);
  });

  it("leaves products of token matrices [B, T, H] alone", () => {
    const build = (b: GraphBuilder, { x, w }: Record<string, Value>): Value => ops.matmul(b, x, w);
    const graph = writeGraph({ inputs: { x: [2, 5, 4], w: [4, 3] }, build });
    expect(joinLinear(graph)).toEqual({
      name: "linear",
      applied: 0,
      note: "the graph has no product of rows",
    });
  });
});

describe("tidying", () => {
  it("drops copies, transpositions that undo each other and inputs that nothing reads", () => {
    const build = (b: GraphBuilder, { x }: Record<string, Value>): Value => {
      b.input("unread", "float32", []);
      const there = ops.transpose(b, ops.identity(b, x), [0, 2, 1]);
      return ops.exp(b, ops.transpose(b, there, [0, 2, 1]));
    };
    const graph = writeGraph({ inputs: { x: [2, 3, 4] }, build });
    tidy(graph);
    expect(operators(graph)).toEqual(["Exp"]);
    expect(graph.nodes[0].inputs).toEqual(["x"]);
    expect(graph.inputs.map(({ name }) => name)).toEqual(["x"]);
  });

  it("writes the engine's own operators as ONNX's", () => {
    const build = (b: GraphBuilder, { x }: Record<string, Value>): Value => {
      const marked = ops.dropout(b, x, { site: "a", rate: 0.5 });
      return ops.exp(
        b,
        ops.withSlope(b, ops.square(b, marked), { x: marked, slope: ops.neg(b, marked) }),
      );
    };
    const graph = writeGraph({ inputs: { x: [2, 2] }, build });
    tidy(graph);
    expect(operators(graph)).toEqual(["Mul", "Exp"]);
  });
});
