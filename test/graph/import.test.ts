import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { isUnknown } from "../../src/graph/dimension.js";
import { importModel } from "../../src/graph/import.js";
import { type Graph, OPSET } from "../../src/graph/ir.js";
import { serialize } from "../../src/graph/lower.js";
import { verify } from "../../src/graph/verify.js";
import { int64, type Tensor } from "../../src/math/tensor.js";
import { bundled } from "../support/bundled.js";
import { runModel } from "../support/run-graph.js";

const path = (relative: string): string =>
  fileURLToPath(new URL(`../../${relative}`, import.meta.url));
const BUNDLED = path("models/embtune-mini-en/onnx/model.onnx");
const MINILM = path("../shared/models/all-MiniLM-L6-v2/onnx/model.onnx");

/** Two texts of different length; the second is padded. */
function feeds(): Record<string, Tensor> {
  const ids = [101, 2023, 2003, 1037, 3231, 102, 101, 7592, 2088, 102, 0, 0];
  return {
    input_ids: int64([2, 6], ids),
    attention_mask: int64(
      [2, 6],
      ids.map((id) => (id === 0 ? 0 : 1)),
    ),
    token_type_ids: int64(
      [2, 6],
      ids.map(() => 0),
    ),
  };
}

function largestDifference(a: Tensor, b: Tensor): number {
  const [x, y] = [a.data as Float32Array, b.data as Float32Array];
  return x.reduce((most, value, i) => Math.max(most, Math.abs(value - y[i])), 0);
}

async function expectSameOutput(graph: Graph, bytes: Uint8Array): Promise<void> {
  const ours = await runModel(serialize(graph), feeds(), "disabled");
  const theirs = await runModel(bytes, feeds(), "disabled");
  expect(Object.keys(ours)).toEqual(Object.keys(theirs));
  expect(ours.last_hidden_state.shape).toEqual(theirs.last_hidden_state.shape);
  expect(largestDifference(ours.last_hidden_state, theirs.last_hidden_state)).toBe(0);
}

function expectTyped(graph: Graph, hidden: number): void {
  expect(graph.opset).toBe(OPSET);
  expect(verify(graph)).toEqual([]);
  const unnamed = [...graph.types].filter(([, type]) => type.shape.some(isUnknown));
  expect(unnamed).toEqual([]);
  expect(graph.inputs.map((value) => value.shape)).toEqual([
    ["B", "T"],
    ["B", "T"],
    ["B", "T"],
  ]);
  const output = { dtype: "float32", shape: ["B", "T", hidden] };
  expect(graph.types.get("last_hidden_state")).toEqual(output);
}

describe("the bundled encoder", () => {
  const bytes = readFileSync(BUNDLED);
  const graph = importModel(bytes);

  it("is fully typed and sound", () => expectTyped(graph, bundled.width));

  it("gives the hidden states of the original", () => expectSameOutput(graph, bytes));

  it("keeps the names of its weights and has no constants in nodes", () => {
    const names = [...graph.initializers.keys()];
    expect(names.filter((name) => /embeddings\.word_embeddings\.weight$/.test(name))).toHaveLength(
      1,
    );
    expect(graph.nodes.some((node) => node.op === "Constant" || node.op === "Identity")).toBe(
      false,
    );
  });
});

describe.skipIf(!existsSync(MINILM))("all-MiniLM-L6-v2 (needs ../shared/models)", () => {
  it("is fully typed, sound and gives the hidden states of the original", async () => {
    const bytes = readFileSync(MINILM);
    const graph = importModel(bytes);
    expectTyped(graph, 384);
    await expectSameOutput(graph, bytes);
  });
});
