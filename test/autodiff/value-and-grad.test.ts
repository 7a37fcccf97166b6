import { describe, expect, it } from "vitest";
import { influential } from "../../src/autodiff/dependence.js";
import { type GradientOptions, valueAndGrad } from "../../src/autodiff/value-and-grad.js";
import { UserError } from "../../src/errors/user-error.js";
import { GraphBuilder } from "../../src/graph/builder.js";
import { emptyGraph, string, type Value } from "../../src/graph/ir.js";
import * as ops from "../../src/graph/ops/index.js";
import { verify } from "../../src/graph/verify.js";
import { float64, int64, type Tensor } from "../../src/math/tensor.js";
import { runGraph } from "../support/run-graph.js";

const builder = (): GraphBuilder => new GraphBuilder(emptyGraph("test"));

/** Differentiates, runs the graph and returns the dense gradients as numbers by parameter. */
async function gradientsOf(
  b: GraphBuilder,
  options: GradientOptions,
  feeds: Readonly<Record<string, Tensor>>,
): Promise<Record<string, number[]>> {
  const gradients = [...valueAndGrad(b.graph, options)];
  verify({ ...b.graph, outputs: [options.loss] });
  const names = gradients.map(([, gradient]) => {
    if (gradient.kind !== "dense") throw new Error("expected a dense gradient");
    return gradient.name;
  });
  const results = await runGraph(b.graph, feeds, names);
  return Object.fromEntries(
    gradients.map(([name], i) => [name, Array.from(results[names[i]].data, Number)]),
  );
}

const vector = (...values: number[]): Tensor => float64([values.length], values);

/** The gradient of Σ f(x, …) in each of the vectors. */
async function slopes(
  f: (b: GraphBuilder, ...x: Value[]) => Value,
  ...inputs: number[][]
): Promise<number[][]> {
  const b = builder();
  const values = inputs.map((x, i) => b.input(`x${i}`, "float64", [x.length]));
  const loss = ops.reduceSum(b, f(b, ...values)).name;
  const wrt = values.map((value) => value.name);
  const feeds = Object.fromEntries(inputs.map((x, i) => [`x${i}`, vector(...x)]));
  const gradients = await gradientsOf(b, { loss, wrt }, feeds);
  return wrt.map((name) => gradients[name]);
}

describe("points without a slope are settled as PyTorch settles them", () => {
  it("Max and Min: inputs that tie share the gradient", async () => {
    expect(await slopes(ops.maximum, [1, 2, 3], [1, 5, 0])).toEqual([
      [0.5, 0, 1],
      [0.5, 1, 0],
    ]);
    expect(await slopes(ops.minimum, [1, 2, 3], [1, 5, 0])).toEqual([
      [0.5, 1, 0],
      [0.5, 0, 1],
    ]);
  });

  it("ReduceMax: elements that tie share the gradient", async () => {
    expect(await slopes((b, x) => ops.reduceMax(b, x), [4, 1, 4, 2])).toEqual([[0.5, 0, 0.5, 0]]);
  });

  it("Relu and Abs have slope 0 at 0", async () => {
    expect(await slopes(ops.relu, [-1, 0, 2])).toEqual([[0, 0, 1]]);
    expect(await slopes(ops.abs, [-1, 0, 2])).toEqual([[-1, 0, 1]]);
  });

  it("Clip passes the gradient at its bounds", async () => {
    const clip = (b: GraphBuilder, x: Value): Value =>
      b.op("Clip", [x, ops.scalar(b, -1, "float64"), ops.scalar(b, 1, "float64")]);
    expect(await slopes(clip, [-2, -1, 0, 1, 2])).toEqual([[0, 1, 1, 1, 0]]);
  });
});

describe("valueAndGrad", () => {
  it("sums over the uses of a parameter", async () => {
    const b = builder();
    const x = b.input("x", "float64", [2]);
    const loss = ops.reduceSum(b, ops.add(b, ops.mul(b, x, x), ops.exp(b, x)));
    const feeds = { x: vector(1, 2) };
    const { x: gradient } = await gradientsOf(b, { loss: loss.name, wrt: ["x"] }, feeds);
    expect(gradient[0]).toBeCloseTo(2 + Math.E, 12);
    expect(gradient[1]).toBeCloseTo(4 + Math.E ** 2, 12);
  });

  it("differentiates with respect to initializers and to values on the way", async () => {
    const b = builder();
    const w = b.initializer("w", vector(3, 4));
    const square = ops.mul(b, w, w);
    const loss = ops.reduceSum(b, ops.mul(b, square, square));
    const wrt = ["w", square.name];
    const gradients = await gradientsOf(b, { loss: loss.name, wrt }, {});
    expect(gradients.w).toEqual([4 * 27, 4 * 64]);
    expect(gradients[square.name]).toEqual([18, 32]);
  });

  it("gives every gradient a name of its own that is no initializer", () => {
    const b = builder();
    const [x, y] = [b.input("x", "float64", []), b.input("y", "float64", [])];
    const loss = ops.add(b, x, y);
    const gradients = [...valueAndGrad(b.graph, { loss: loss.name, wrt: ["x", "y"] }).values()];
    const names = gradients.map((gradient) => (gradient.kind === "dense" ? gradient.name : ""));
    expect(new Set(names).size).toBe(2);
    expect(names.filter((name) => b.graph.initializers.has(name))).toEqual([]);
  });

  it("passes nothing through stopGradient", async () => {
    const f = (b: GraphBuilder, x: Value): Value => ops.mul(b, ops.stopGradient(b, x), x);
    expect(await slopes(f, [3, -2])).toEqual([[3, -2]]);
  });

  it("refuses a loss with several elements", () => {
    const b = builder();
    const x = b.input("x", "float64", [2]);
    expect(() => valueAndGrad(b.graph, { loss: ops.neg(b, x).name, wrt: ["x"] })).toThrow(
      /must have one element, its shape is \[2\]/,
    );
  });

  it("refuses a parameter that the loss does not depend on, which influential tells", () => {
    const b = builder();
    const [x, y, z] = ["x", "y", "z"].map((name) => b.input(name, "float64", [2]));
    ops.neg(b, y);
    const rounded = b.op("Round", [z]);
    const loss = ops.reduceSum(b, ops.add(b, x, rounded)).name;
    expect(influential(b.graph, loss, ["x", "y", "z"])).toEqual(["x"]);
    for (const wrt of ["y", "z"]) {
      expect(() => valueAndGrad(b.graph, { loss, wrt: ["x", wrt] })).toThrow(
        `the loss does not depend on "${wrt}"`,
      );
    }
  });

  it("names the node that has no gradient", () => {
    const max = { attributes: { reduction: string("max") } };
    const refused: [string, (b: GraphBuilder, x: Value) => Value][] = [
      ["OneHot", (b, x) => b.op("OneHot", [ops.vector(b, [0]), ops.scalar(b, 2, "int64"), x])],
      ["Pad", (b, x) => b.op("Pad", [x, ops.vector(b, [-1, 0])])],
      ["ScatterND", (b, x) => b.op("ScatterND", [x, b.constant(int64([1, 1], [0])), x], max)],
    ];
    for (const [op, build] of refused) {
      const b = builder();
      const loss = ops.reduceSum(b, build(b, b.input("x", "float64", [2])));
      const differentiate = () => valueAndGrad(b.graph, { loss: loss.name, wrt: ["x"] });
      expect(differentiate).toThrow(UserError);
      expect(differentiate).toThrow(new RegExp(`no gradient for ${op} "${op}_\\d+": `));
    }
  });
});

describe("only what the parameters need is computed", () => {
  /** Two linear layers with a bias on a batch; the ops that were appended for the parameters' gradients. */
  function appended(wrt: readonly string[]): Record<string, number> {
    const b = builder();
    const x = b.input("x", "float32", ["B", "T", 4]);
    const [v, w] = ["v", "w"].map((name) => b.input(name, "float32", [4, 4]));
    const bias = b.input("bias", "float32", [4]);
    const hidden = ops.tanh(b, ops.add(b, ops.matmul(b, x, v), bias));
    const loss = ops.reduceMean(b, ops.matmul(b, hidden, w));
    const before = b.graph.nodes.length;
    valueAndGrad(b.graph, { loss: loss.name, wrt });
    const counts: Record<string, number> = { all: b.graph.nodes.length - before };
    for (const { op } of b.graph.nodes.slice(before)) counts[op] = (counts[op] ?? 0) + 1;
    return counts;
  }

  it("a frozen weight's gradient is not computed, nor what lies below the last parameter", () => {
    expect(appended(["w"])).toMatchObject({ MatMul: 1, Transpose: 1 });
    expect(appended(["w"]).Gemm).toBeUndefined();
    expect(appended(["v"])).toMatchObject({ MatMul: 1, Gemm: 1, Transpose: 1 });
    expect(appended(["v", "w"])).toMatchObject({ MatMul: 2, Gemm: 1, Transpose: 2 });
    expect(appended(["x", "v", "w"])).toMatchObject({ MatMul: 2, Gemm: 2, Transpose: 2 });
    expect(appended(["w"]).all).toBeLessThan(appended(["v"]).all);
  });

  it("a bias is summed by a product with ones", () => {
    const counts = appended(["bias"]);
    expect(counts).toMatchObject({ Gemm: 1, MatMul: 1 });
    expect(counts.ReduceSum).toBeUndefined();
  });
});

describe("broadcast sizes that only the run tells", () => {
  it.each([
    { size: 1, expected: [7] },
    { size: 3, expected: [1, 2, 4] },
  ])("a named axis of $size against 3", async ({ size, expected }) => {
    const b = builder();
    const x = b.input("x", "float64", ["N"]);
    const y = b.constant(float64([3], [1, 2, 4]));
    const loss = ops.reduceSum(b, ops.mul(b, x, y));
    const feeds = { x: vector(...Array(size).fill(2)) };
    expect((await gradientsOf(b, { loss: loss.name, wrt: ["x"] }, feeds)).x).toEqual(expected);
  });
});

describe("sparse gradients of tables", () => {
  const table = float64([4, 2], [1, 2, 3, 4, 5, 6, 7, 8]);
  const feeds = {
    table,
    ids: int64([2, 3], [1, 0, 1, -1, 2, 1]),
    more: int64([2], [3, 1]),
  };

  /** A loss that reads rows of the table twice, once in a batch and once flat. */
  function twoLookups(b: GraphBuilder): { loss: string; rows: Value } {
    const t = b.input("table", "float64", [4, 2]);
    const rows = ops.gather(b, t, b.input("ids", "int64", ["B", "T"]));
    const other = ops.gather(b, t, b.input("more", "int64", ["N"]));
    const sums = [ops.mul(b, rows, rows), ops.exp(b, other)].map((v) => ops.reduceSum(b, v));
    return { loss: ops.add(b, sums[0], sums[1]).name, rows };
  }

  it("equals the dense one", async () => {
    const dense = builder();
    const { loss } = twoLookups(dense);
    const expected = await gradientsOf(dense, { loss, wrt: ["table"] }, feeds);
    // ScatterND adds in parallel without locks: repeated indices would lose sums.
    expect(dense.graph.nodes.map((node) => node.op)).not.toContain("ScatterND");

    const b = builder();
    const options = { loss: twoLookups(b).loss, wrt: ["table"], sparse: ["table"] };
    const gradient = valueAndGrad(b.graph, options).get("table");
    if (gradient?.kind !== "sparse") throw new Error("expected a sparse gradient");
    expect(b.graph.nodes.filter((node) => node.op.startsWith("Scatter"))).toEqual([]);
    const results = await runGraph(b.graph, feeds, [gradient.indices, gradient.rows]);
    const [indices, rows] = [results[gradient.indices], results[gradient.rows]];
    expect(indices.shape).toEqual([8]);
    expect(rows.shape).toEqual([8, 2]);
    const sum = Array<number>(8).fill(0);
    for (const [i, row] of Array.from(indices.data, Number).entries()) {
      for (const k of [0, 1]) sum[2 * row + k] += Number(rows.data[2 * i + k]);
    }
    for (const [i, value] of sum.entries()) expect(value).toBeCloseTo(expected.table[i], 10);
  });

  it("is dense where something else reads the table", () => {
    const b = builder();
    const { loss, rows } = twoLookups(b);
    const logits = ops.matmul(b, rows, ops.transpose(b, b.value("table")));
    const tied = ops.add(b, b.value(loss), ops.reduceSum(b, logits));
    const options = { loss: tied.name, wrt: ["table"], sparse: ["table"] };
    expect(valueAndGrad(b.graph, options).get("table")?.kind).toBe("dense");
  });
});
