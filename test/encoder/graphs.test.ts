import { describe, expect, it } from "vitest";
import {
  buildHead,
  type HeadSpec,
  headParameters,
  headSpec,
  initialHead,
} from "../../src/encoder/head.js";
import { poolTokens } from "../../src/encoder/pooling.js";
import type { Pooling } from "../../src/encoder/pooling-mode.js";
import { GraphBuilder } from "../../src/graph/builder.js";
import { emptyGraph } from "../../src/graph/ir.js";
import { principalComponents } from "../../src/math/pca.js";
import { createRandom } from "../../src/math/random.js";
import { float32, int64, type Matrix, type Tensor } from "../../src/math/tensor.js";
import { runGraph } from "../support/run-graph.js";

function randomMatrix(rows: number, cols: number, seed = 1): Matrix {
  const random = createRandom(seed);
  return { rows, cols, data: Float32Array.from({ length: rows * cols }, () => random.normal()) };
}

function expectClose(actual: ArrayLike<number | bigint>, expected: ArrayLike<number>): void {
  expect(actual.length).toBe(expected.length);
  for (let i = 0; i < expected.length; i++) {
    expect(Math.abs(Number(actual[i]) - expected[i])).toBeLessThan(1e-5);
  }
}

describe("poolTokens", () => {
  const hidden = float32([2, 3, 2], [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
  const mask = int64([2, 3], [1, 1, 1, 1, 1, 0]);
  it.each([
    ["mean", [3, 4, 8, 9]],
    ["cls", [1, 2, 7, 8]],
    ["last", [5, 6, 9, 10]],
    ["max", [5, 6, 9, 10]],
    ["weightedmean", [22 / 6, 28 / 6, 25 / 3, 28 / 3]],
    ["mean_sqrt_len_tokens", [9, 12, 16, 18].map((sum, i) => sum / Math.sqrt(i < 2 ? 3 : 2))],
    ["last+cls", [5, 6, 1, 2, 9, 10, 7, 8]],
  ] as [Pooling, number[]][])("%s", async (mode, expected) => {
    const width = expected.length / 2;
    const b = new GraphBuilder(emptyGraph("pooling"));
    const tokens = {
      hidden: b.input("hidden", "float32", ["B", "T", 2]),
      mask: b.input("mask", "int64", ["B", "T"]),
    };
    const pooled = b.output(poolTokens(b, mode, tokens));
    expect(pooled.shape).toEqual(["B", width]);
    const result = await runGraph(b.graph, { hidden, mask });
    expect(result[pooled.name].shape).toEqual([2, width]);
    expectClose(result[pooled.name].data, expected);
  });

  it.each([
    ["mean", [4, 5, 9, 10]],
    ["cls", [3, 4, 9, 10]],
    ["last", [5, 6, 9, 10]],
    ["max", [5, 6, 9, 10]],
    ["weightedmean", [(2 * 3 + 3 * 5) / 5, (2 * 4 + 3 * 6) / 5, 9, 10]],
    ["mean_sqrt_len_tokens", [8 / Math.SQRT2, 10 / Math.SQRT2, 9, 10]],
  ] as [Pooling, number[]][])("%s without the tokens of a prompt", async (mode, expected) => {
    const b = new GraphBuilder(emptyGraph("pooling"));
    const tokens = {
      hidden: b.input("hidden", "float32", ["B", "T", 2]),
      mask: b.input("mask", "int64", ["B", "T"]),
      pooled: b.input("pooled", "int64", ["B", "T"]),
    };
    const pooled = b.output(poolTokens(b, mode, tokens));
    const feeds = { hidden, mask, pooled: int64([2, 3], [0, 1, 1, 0, 1, 0]) };
    expectClose((await runGraph(b.graph, feeds))[pooled.name].data, expected);
  });

  it("does not let what stands in padding in, whatever it is", async () => {
    const b = new GraphBuilder(emptyGraph("pooling"));
    const tokens = {
      hidden: b.input("hidden", "float32", ["B", "T", 1]),
      mask: b.input("mask", "int64", ["B", "T"]),
    };
    const pooled = b.output(poolTokens(b, "mean", tokens));
    const feeds = { hidden: float32([1, 3, 1], [2, 4, 1e30]), mask: int64([1, 3], [1, 1, 0]) };
    expectClose((await runGraph(b.graph, feeds))[pooled.name].data, [3]);
  });
});

async function runHead(
  spec: HeadSpec,
  parameters: ReadonlyMap<string, Tensor>,
  x: Matrix,
): Promise<Tensor> {
  const b = new GraphBuilder(emptyGraph("head"));
  const input = b.input("x", "float32", ["B", spec.inputDim]);
  const values = new Map(
    headParameters(spec).map(({ name, shape }) => [name, b.input(name, "float32", shape)]),
  );
  const y = buildHead(b, spec, input, values);
  if (spec.kind !== "none") expect(y.shape).toEqual(["B", spec.outputDim]);
  const output = b.output(b.named(y, "y"));
  const feeds = { x: float32([x.rows, x.cols], x.data), ...Object.fromEntries(parameters) };
  return (await runGraph(b.graph, feeds))[output.name];
}

describe("a head", () => {
  const x = randomMatrix(5, 8);

  it.each(["none", "linear", "mlp"] as const)("of kind %s starts as the identity", async (kind) => {
    const spec = headSpec(8, { kind, hidden: 16 });
    const y = await runHead(spec, initialHead(spec, { seed: 1 }), x);
    expectClose(y.data, x.data);
  });

  it.each(["linear", "mlp"] as const)(
    "of kind %s reduces to principal components",
    async (kind) => {
      const spec = headSpec(8, { kind, dim: 3 });
      const embeddings = randomMatrix(40, 8, 2);
      const y = await runHead(spec, initialHead(spec, { seed: 1, embeddings }), x);
      const { data: p } = principalComponents(embeddings, 3);
      const expected = Array.from({ length: 5 * 3 }, (_, at) => {
        const [row, k] = [Math.floor(at / 3), at % 3];
        return Array.from({ length: 8 }, (_, d) => x.data[row * 8 + d] * p[k * 8 + d]).reduce(
          (a, c) => a + c,
        );
      });
      expect(y.shape).toEqual([5, 3]);
      expectClose(y.data, expected);
    },
  );

  it("of kind mlp is y = Px + W2·gelu(W1·x + b1) + b2", async () => {
    const spec = headSpec(2, { kind: "mlp", dim: 1, hidden: 2 });
    const names = headParameters(spec).map(({ name }) => name);
    const values = [[1, 2], [1, 0, 0, 1], [0.5, -0.5], [2, 3], [0.25]];
    const shapes = headParameters(spec).map(({ shape }) => shape);
    const parameters = new Map(names.map((name, i) => [name, float32(shapes[i], values[i])]));
    const y = await runHead(spec, parameters, {
      rows: 1,
      cols: 2,
      data: Float32Array.of(0.5, 1.5),
    });
    // Φ(1) = 0.8413447461, so gelu(1) = 0.8413447461 for both hidden units.
    expectClose(y.data, [0.5 + 3 + 5 * 0.8413447461 + 0.25]);
  });

  it("lists its parameters, with decay on weights only", () => {
    const list = (spec: HeadSpec) =>
      headParameters(spec).map(({ name, shape, decay }) => `${name} ${shape} ${decay}`);
    expect(list(headSpec(4, { kind: "none" }))).toEqual([]);
    expect(list(headSpec(4, { kind: "linear", dim: 2 }))).toEqual([
      "head.projection.weight 2,4 true",
    ]);
    expect(list(headSpec(4, { kind: "mlp", hidden: 6 }))).toEqual([
      "head.hidden.weight 6,4 true",
      "head.hidden.bias 6 false",
      "head.output.weight 4,6 true",
      "head.output.bias 4 false",
    ]);
    expect(list(headSpec(4, { kind: "mlp", dim: 3 }))[0]).toBe("head.projection.weight 3,4 true");
  });

  it("starts from its seed", () => {
    const spec = headSpec(8, { kind: "mlp" });
    const start = (seed: number) => initialHead(spec, { seed }).get("head.hidden.weight")!.data;
    expect(start(1)).toEqual(start(1));
    expect(start(1)).not.toEqual(start(2));
    const variance = (start(1) as Float32Array).reduce((sum, w) => sum + w * w, 0) / 64;
    expect(variance).toBeGreaterThan(0.06);
    expect(variance).toBeLessThan(0.25);
  });

  it.each([
    [{ kind: "linear", dim: 9 }, "bad-head-dim"],
    [{ kind: "linear", dim: 0 }, "bad-head-dim"],
    [{ kind: "mlp", dim: 2.5 }, "bad-head-dim"],
    [{ kind: "none", dim: 4 }, "bad-head-dim"],
    [{ kind: "mlp", hidden: 0 }, "bad-head-hidden"],
  ] as const)("refuses %o", (options, code) => {
    expect(() => headSpec(8, options)).toThrow(expect.objectContaining({ code, exitCode: 2 }));
  });
});
