import { describe, expect, it } from "vitest";
import { GraphBuilder } from "../../src/graph/builder.js";
import { emptyGraph, type Value } from "../../src/graph/ir.js";
import {
  cosineMatrix,
  l2Normalize,
  logAddExp,
  logSigmoid,
  logSumExp,
  rowDot,
  softplus,
} from "../../src/graph/ops/index.js";
import { float64, type Tensor } from "../../src/math/tensor.js";
import { runGraph } from "../support/run-graph.js";

type Composite = (b: GraphBuilder, x: Value, y: Value) => Value;

/** Runs a composite on two float64 matrices. */
async function run(f: Composite, x: Tensor, y: Tensor = x): Promise<number[]> {
  const b = new GraphBuilder(emptyGraph("composite"));
  const out = b.output(
    f(b, b.input("x", "float64", ["B", "D"]), b.input("y", "float64", ["N", "D"])),
  );
  const result = await runGraph(b.graph, { x, y });
  return Array.from(result[out.name].data, Number);
}

const EXTREME = float64([2, 3], [1000, -1000, 0, 1, 2, 3]);

describe("composites in log space", () => {
  it("logSumExp does not overflow and keeps rows of -infinity", async () => {
    const rows = await run((b, x) => logSumExp(b, x, -1), EXTREME);
    expect(rows[0]).toBe(1000);
    expect(rows[1]).toBeCloseTo(Math.log(Math.exp(1) + Math.exp(2) + Math.exp(3)), 14);
    const none = float64([1, 2], [Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY]);
    expect(await run((b, x) => logSumExp(b, x, 1, true), none)).toEqual([Number.NEGATIVE_INFINITY]);
  });

  it("logSigmoid and softplus are exact at both ends", async () => {
    const logSig = await run((b, x) => logSigmoid(b, x), EXTREME);
    expect(logSig.slice(0, 2)).toEqual([0, -1000]);
    expect(logSig[2]).toBeCloseTo(-Math.log(2), 15);
    const plus = await run((b, x) => softplus(b, x), EXTREME);
    expect(plus.slice(0, 2)).toEqual([1000, 0]);
    expect(plus[3]).toBeCloseTo(Math.log1p(Math.E), 14);
  });

  it("logAddExp is log(e^x + e^y)", async () => {
    const y = float64([2, 3], [999, -1000, 0, 2, -5, 3]);
    const sum = await run(logAddExp, EXTREME, y);
    expect(sum[0]).toBeCloseTo(1000 + Math.log1p(Math.exp(-1)), 12);
    expect(sum[1]).toBeCloseTo(-1000 + Math.log(2), 12);
    expect(sum[3]).toBeCloseTo(Math.log(Math.exp(1) + Math.exp(2)), 14);
  });
});

describe("similarities", () => {
  const x = float64([2, 2], [3, 4, 0, 0]);
  const y = float64([2, 2], [4, 3, 1, 0]);

  it("l2Normalize is finite for a zero row", async () => {
    const rows = await run((b, v) => l2Normalize(b, v), x);
    expect(rows[0]).toBeCloseTo(0.6, 12);
    expect(rows.slice(2)).toEqual([0, 0]);
  });

  it("cosineMatrix and rowDot", async () => {
    const cosines = await run(cosineMatrix, x, y);
    expect(cosines[0]).toBeCloseTo(0.96, 12);
    expect(cosines[1]).toBeCloseTo(0.6, 12);
    expect(await run(rowDot, x, y)).toEqual([24, 0]);
  });
});
