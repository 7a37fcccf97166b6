import { describe, expect, it } from "vitest";
import { arityOf } from "../../src/graph/arity.js";
import { GraphBuilder } from "../../src/graph/builder.js";
import { OPERATORS } from "../../src/graph/inference.js";
import { emptyGraph, type Graph } from "../../src/graph/ir.js";
import {
  add,
  dimOf,
  exp,
  mul,
  neg,
  reshape,
  unsqueeze,
  vector,
} from "../../src/graph/ops/index.js";
import { consumers, producers } from "../../src/graph/readers-writers.js";
import { mergeCommon, removeDead, replaceValues, sortNodes } from "../../src/graph/rewrite.js";
import { verify } from "../../src/graph/verify.js";
import { float32 } from "../../src/math/tensor.js";

const operators = (graph: Graph): string[] => graph.nodes.map((node) => node.op);

describe("rewriting", () => {
  it("replaces a value by a later one and sorts: exp(−x) + w becomes x·x + w", () => {
    const b = new GraphBuilder(emptyGraph("g"));
    const x = b.input("x", "float32", ["B"]);
    const w = b.initializer("w", float32([1], [2]));
    const e = exp(b, neg(b, x));
    const sum = b.output(add(b, e, w));
    const square = mul(b, x, x);
    replaceValues(b.graph, new Map([[e.name, square.name]]));
    expect(verify(b.graph).map((violation) => violation.rule)).toEqual(["order"]);
    sortNodes(b.graph);
    expect(removeDead(b.graph)).toBe(2);
    expect(operators(b.graph)).toEqual(["Mul", "Add"]);
    expect(verify(b.graph)).toEqual([]);
    expect(b.graph.types.has(e.name)).toBe(false);
    expect(producers(b.graph).get(sum.name)?.op).toBe("Add");
    expect(
      consumers(b.graph)
        .get("x")
        ?.map((node) => node.op),
    ).toEqual(["Mul"]);
  });

  it("follows chains of substitutes, up to graph outputs", () => {
    const b = new GraphBuilder(emptyGraph("g"));
    const x = b.input("x", "float32", [1]);
    const first = neg(b, x);
    const second = neg(b, first);
    b.output(second);
    replaceValues(
      b.graph,
      new Map([
        [second.name, first.name],
        [first.name, "x"],
      ]),
    );
    expect(b.graph.outputs).toEqual(["x"]);
  });

  it("removes what no output needs, initializers too, and keeps inputs", () => {
    const b = new GraphBuilder(emptyGraph("g"));
    const x = b.input("x", "float32", [1]);
    neg(b, b.initializer("w", float32([1], [2])));
    b.output(exp(b, x));
    expect(removeDead(b.graph)).toBe(1);
    expect([operators(b.graph), b.graph.initializers.size, b.graph.inputs.length]).toEqual([
      ["Exp"],
      0,
      1,
    ]);
  });

  it("sorting finds circles", () => {
    const b = new GraphBuilder(emptyGraph("g"));
    const x = neg(b, b.input("x", "float32", [1]));
    exp(b, x);
    b.graph.nodes[0] = { ...b.graph.nodes[0], inputs: ["Exp_1"] };
    expect(() => sortNodes(b.graph)).toThrow('circle through "Neg_0"');
  });
});

describe("mergeCommon", () => {
  it("merges equal nodes and shape arithmetic of equal result, not equal weights", () => {
    const b = new GraphBuilder(emptyGraph("g"));
    const [x, y] = [b.input("x", "float32", ["B", 4]), b.input("y", "float32", ["B", 4])];
    const [v, w] = ["v", "w"].map((name) => b.initializer(name, float32([4], [0, 0, 0, 0])));
    const parts = [x, y].map((value) => {
      // The batch size is read from a different value each time.
      const batch = unsqueeze(b, dimOf(b, value, 0), [0]);
      return reshape(
        b,
        exp(b, x),
        b.op("Concat", [batch, vector(b, [2, 2])], {
          attributes: { axis: { kind: "int", value: 0 } },
        }),
      );
    });
    b.output(add(b, parts[0], parts[1]));
    b.output(mul(b, mul(b, x, v), w));
    mergeCommon(b.graph);
    removeDead(b.graph);
    expect(verify(b.graph)).toEqual([]);
    expect(operators(b.graph)).toEqual(["Shape", "Exp", "Concat", "Reshape", "Add", "Mul", "Mul"]);
    expect([b.graph.initializers.has("v"), b.graph.initializers.has("w")]).toEqual([true, true]);
  });
});

describe("arity", () => {
  it("is known for every operator", () => {
    expect(OPERATORS.filter((operator) => arityOf(operator) === undefined)).toEqual([]);
  });
});
