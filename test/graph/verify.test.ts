import { describe, expect, it } from "vitest";
import { GraphBuilder } from "../../src/graph/builder.js";
import { emptyGraph, type Graph, type Node } from "../../src/graph/ir.js";
import { add, matmul, relu, softmax } from "../../src/graph/ops/index.js";
import { print } from "../../src/graph/print.js";
import { verify } from "../../src/graph/verify.js";
import { float32 } from "../../src/math/tensor.js";

/** relu(x·w + c) and its softmax. */
function sound(): Graph {
  const b = new GraphBuilder(emptyGraph("layer"));
  const x = b.input("x", "float32", ["B", 2]);
  const w = b.initializer("w", float32([2, 3], [1, 2, 3, 4, 5, 6]));
  const c = b.initializer("c", float32([3], [0, 0, 1]));
  b.output(softmax(b, relu(b, add(b, matmul(b, x, w), c))));
  return b.graph;
}

function change(graph: Graph, i: number, part: Partial<Node>): void {
  graph.nodes[i] = { ...graph.nodes[i], ...part };
}

describe("verify", () => {
  it("finds nothing in a sound graph and leaves it as it was", () => {
    const graph = sound();
    const before = print(graph);
    expect(verify(graph)).toEqual([]);
    expect(print(graph)).toBe(before);
  });

  it.each<[string, string, (graph: Graph) => void]>([
    ["single-assignment", "Relu_2", (g) => change(g, 1, { outputs: ["Relu_2"] })],
    ["order", "Relu_2", (g) => change(g, 2, { inputs: ["Softmax_3"] })],
    ["order", "Add_1", (g) => change(g, 1, { inputs: ["nowhere", "c"] })],
    ["arity", "Relu_2", (g) => change(g, 2, { inputs: ["Add_1", "c"] })],
    ["arity", "Add_1", (g) => change(g, 1, { inputs: ["MatMul_0", ""] })],
    ["arity", "Relu_2", (g) => change(g, 2, { op: "Rely" })],
    ["arity", "Relu_2", (g) => change(g, 2, { outputs: ["Relu_2", "more"] })],
    ["type", "Add_1", (g) => g.types.set("Add_1", { dtype: "float32", shape: ["B", 4] })],
    ["type", "Relu_2", (g) => g.types.set("Relu_2", { dtype: "float64", shape: ["B", 3] })],
    ["type", "Softmax_3", (g) => g.types.delete("Softmax_3")],
    ["type", "w", (g) => g.types.set("w", { dtype: "float32", shape: [3, 2] })],
    ["type", "c", (g) => g.initializers.set("c", { ...float32([1], [0]), shape: [3] })],
    ["output", "z", (g) => g.outputs.push("z")],
  ])("finds a fault of %s at %s", (rule, where, damage) => {
    const graph = sound();
    damage(graph);
    const found = verify(graph).map((violation) => [violation.rule, violation.where]);
    expect(found).toContainEqual([rule, where]);
  });
});

describe("print", () => {
  it("writes one line a node", () => {
    expect(print(sound())).toBe(`graph layer (opset 20)
input x: float32[B, 2]
initializer w: float32[2, 3] = [1, 2, 3, 4, 5, 6]
initializer c: float32[3] = [0, 0, 1]
MatMul_0: float32[B, 3] = MatMul(x, w)
Add_1: float32[B, 3] = Add(MatMul_0, c)
Relu_2: float32[B, 3] = Relu(Add_1)
Softmax_3: float32[B, 3] = Softmax(Relu_2) axis=-1
output Softmax_3
`);
  });
});
