import { describe, expect, it } from "vitest";
import { GraphBuilder } from "../../../src/graph/builder.js";
import { emptyGraph } from "../../../src/graph/ir.js";
import * as ops from "../../../src/graph/ops/index.js";
import { finiteMasks } from "../../../src/graph/rewrites/finite-masks.js";
import { float32 } from "../../../src/math/tensor.js";
import { runGraph } from "../../support/run-graph.js";

/** Softmax of x [2, 2] where the mask is true, −∞ elsewhere, as exporters of sdpa write it. */
function masked() {
  const b = new GraphBuilder(emptyGraph("masked"));
  const x = b.input("x", "float32", [2, 2]);
  const mask = b.input("mask", "float32", [2, 2]);
  const kept = ops.cast(b, mask, "bool");
  const low = b.initializer("low", float32([1], Float32Array.of(Number.NEGATIVE_INFINITY)));
  b.output(b.named(ops.softmax(b, ops.where(b, kept, x, low)), "y"));
  return b.graph;
}

const x = float32([2, 2], Float32Array.of(1, 3, 2, 5));

describe("masks of −∞", () => {
  it("give the same where a key is left, and no NaN where none is", async () => {
    const graph = masked();
    const mask = float32([2, 2], Float32Array.of(1, 0, 0, 0));
    const before = (await runGraph(graph, { x, mask })).y.data;
    expect(finiteMasks(graph).applied).toBe(1);
    const after = (await runGraph(graph, { x, mask })).y.data;
    expect([...before.slice(0, 2)]).toEqual([1, 0]);
    expect([...before.slice(2)]).toEqual([Number.NaN, Number.NaN]);
    expect([...after]).toEqual([1, 0, 0.5, 0.5]);
  });

  it("leave a graph without them as it is", () => {
    const graph = masked();
    finiteMasks(graph);
    expect(finiteMasks(graph).applied).toBe(0);
  });
});
