import { afterEach, describe, expect, it } from "vitest";
import { HEAD_NAMES, headParameters, headSpec } from "../../src/encoder/head.js";
import { broadcastForm } from "../../src/export/embed-per-token.js";
import { foldLinearHead } from "../../src/export/fold-linear-head.js";
import { renameValue } from "../../src/export/rename-value.js";
import { requireInput } from "../../src/export/require-input.js";
import { GraphBuilder } from "../../src/graph/builder.js";
import { emptyGraph } from "../../src/graph/ir.js";
import { lower } from "../../src/graph/lower.js";
import { gather, mul } from "../../src/graph/ops/index.js";
import { createRandom } from "../../src/math/random.js";
import { float32, int64, type Tensor } from "../../src/math/tensor.js";
import { encode, type ModelProto } from "../../src/onnx/model.js";
import { runModel } from "../support/run-graph.js";

const random = createRandom(5);
const numbers = (...shape: number[]): Tensor =>
  float32(
    shape,
    Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => random.normal()),
  );

/** An encoder in little: the rows of a table [9, 4] by token ids, as `hidden` [B,T,4]. */
function model(): ModelProto {
  const b = new GraphBuilder(emptyGraph("encoder"));
  const ids = b.input("input_ids", "int64", ["batch_size", "sequence_length"]);
  b.input("attention_mask", "int64", ["batch_size", "sequence_length"]);
  const rows = gather(b, b.initializer("table", numbers(9, 4)), ids, 0);
  b.output(b.named(mul(b, rows, b.initializer("two", float32([], [2]))), "hidden"));
  const lowered = lower(b.graph);
  // Exporters name nodes by module, not by their output.
  for (const [i, node] of lowered.graph!.node.entries()) node.name = `/encoder/${node.opType}_${i}`;
  return lowered;
}

const encoder = model();
const feeds = {
  input_ids: int64([2, 3], [1, 2, 3, 4, 5, 0]),
  attention_mask: int64([2, 3], [1, 1, 1, 1, 1, 0]),
};
const outputsOf = (of: ModelProto) => runModel(encode(of), feeds);
const rowsOf = ({ data, shape }: Tensor): number[][] => {
  const width = shape.at(-1)!;
  return Array.from({ length: data.length / width }, (_, i) =>
    [...(data as Float32Array)].slice(i * width, (i + 1) * width),
  );
};
const product = (weight: Tensor, x: readonly number[]): number[] =>
  rowsOf(weight).map((row) => row.reduce((sum, w, k) => sum + w * x[k], 0));
const close = (got: readonly number[][], wanted: readonly number[][], digits = 5): void => {
  expect(got.map((row) => row.length)).toEqual(wanted.map((row) => row.length));
  for (const [i, row] of wanted.entries())
    for (const [k, x] of row.entries()) expect(got[i][k]).toBeCloseTo(x, digits);
};
const original = encode(encoder);
afterEach(() => {
  // Whatever is made of it, the model itself stays as it was.
  expect(encode(encoder)).toEqual(original);
});

describe("foldLinearHead", () => {
  it("multiplies every token's vector by the head, under the output's own name", async () => {
    const weight = numbers(3, 4);
    const { hidden } = await outputsOf(encoder);
    const folded = await outputsOf(foldLinearHead(encoder, "hidden", weight));
    expect(Object.keys(folded)).toEqual(["hidden"]);
    expect(folded.hidden.shape).toEqual([2, 3, 3]);
    close(
      rowsOf(folded.hidden),
      rowsOf(hidden).map((row) => product(weight, row)),
    );
  });
});

describe("broadcastForm", () => {
  const spec = headSpec(4, { kind: "linear", dim: 2 });
  const [{ name, shape }] = headParameters(spec);
  expect(name).toBe(HEAD_NAMES.projection);
  const weight = numbers(...shape);
  const parameters = new Map([[name, weight]]);
  const unit = (row: number[]): number[] => row.map((x) => x / Math.hypot(...row));

  it.each(["mean", "cls", "last"] as const)(
    "puts the %s-pooled embedding at every token",
    async (pooling) => {
      const { hidden } = await outputsOf(encoder);
      const [a, b, c, d, e] = rowsOf(hidden);
      const mean = (...rows: number[][]) =>
        rows[0].map((_, k) => rows.reduce((sum, row) => sum + row[k], 0) / rows.length);
      const pooled = { mean: [mean(a, b, c), mean(d, e)], cls: [a, d], last: [c, e] }[pooling];
      const form = { pooling, normalize: false, head: spec, parameters };
      const { hidden: wide, sentence_embedding: embedding } = await outputsOf(
        broadcastForm(encoder, "hidden", form),
      );
      const wanted = pooled.map((row) => product(weight, row));
      close(rowsOf(embedding), wanted);
      close(
        rowsOf(wide),
        wanted.flatMap((row) => [row, row, row]),
      );
    },
  );

  it("takes vectors of length 1 into the head and out of it, where the head was trained so", async () => {
    const { hidden } = await outputsOf(encoder);
    const form = { pooling: "cls" as const, normalize: true, head: spec, parameters };
    const { sentence_embedding: embedding } = await outputsOf(
      broadcastForm(encoder, "hidden", form),
    );
    const rows = rowsOf(hidden);
    close(
      rowsOf(embedding),
      [rows[0], rows[3]].map((row) => unit(product(weight, unit(row)))),
    );
  });
});

describe("renameValue", () => {
  it("renames a value where it is written and read, and computes the same", async () => {
    const table = encoder.graph!.node[0].output[0];
    const renamed = renameValue(encoder, table, "renamed");
    expect(renamed.graph!.node.some(({ input }) => input.includes("renamed"))).toBe(true);
    expect(
      JSON.stringify(renamed.graph!.node.map(({ input, output }) => [input, output])),
    ).not.toContain(JSON.stringify(table));
    expect([...(await outputsOf(renamed)).hidden.data]).toEqual([
      ...(await outputsOf(encoder)).hidden.data,
    ]);
  });

  it("is our fault where no node writes the value", () => {
    expect(() => renameValue(encoder, "nothing", "x")).toThrow(
      'no node of the model writes "nothing"',
    );
  });
});

describe("requireInput", () => {
  it("adds an input that readers may feed without an effect, once", async () => {
    const more = requireInput(encoder, "token_type_ids");
    const types = int64([2, 3], [0, 0, 0, 0, 0, 0]);
    const { hidden } = await runModel(encode(more), { ...feeds, token_type_ids: types });
    expect([...hidden.data]).toEqual([...(await outputsOf(encoder)).hidden.data]);
    expect(more.graph!.input.map(({ name }) => name)).toEqual([
      ...encoder.graph!.input.map(({ name }) => name),
      "token_type_ids",
    ]);
    expect(requireInput(more, "token_type_ids")).toBe(more);
  });
});
