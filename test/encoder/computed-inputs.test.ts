import { describe, expect, it } from "vitest";
import { withComputedInputs } from "../../src/encoder/computed-inputs.js";
import { GraphBuilder } from "../../src/graph/builder.js";
import { emptyGraph } from "../../src/graph/ir.js";
import { lower } from "../../src/graph/lower.js";
import * as ops from "../../src/graph/ops/index.js";
import { float32, int64 } from "../../src/math/tensor.js";
import { encode } from "../../src/onnx/model.js";
import { runModel } from "../support/run-graph.js";

/** ids + 100 · positions + 10 · task, and keys of a past with the ids behind. */
function decoder() {
  const b = new GraphBuilder(emptyGraph("decoder"));
  const ids = b.input("input_ids", "int64", ["B", "T"]);
  const positions = b.input("position_ids", "int64", ["B", "T"]);
  const task = b.input("task_id", "int64", [1]);
  const past = b.input("past_key_values.0.key", "float32", ["B", 1, "P", 1]);
  const scaled = (x: typeof ids, by: number) => ops.mul(b, x, ops.scalar(b, by, "int64"));
  const sum = ops.add(b, ops.add(b, ids, scaled(positions, 100)), scaled(task, 10));
  b.output(b.named(sum, "sum"));
  const keys = ops.unsqueeze(b, ops.cast(b, ids, "float32"), [1, 3]);
  b.output(b.named(ops.concat(b, [past, keys], 2), "keys"));
  return lower(b.graph);
}

const input_ids = int64([2, 3], [1, 2, 3, 4, 5, 6]);

describe("inputs that are computed", () => {
  it("are what they would be fed with", async () => {
    const model = withComputedInputs(decoder());
    expect(model.graph?.input.map(({ name }) => name)).toEqual(["input_ids"]);
    const found = await runModel(encode(model), { input_ids });
    const fed = await runModel(encode(decoder()), {
      input_ids,
      position_ids: int64([2, 3], [0, 1, 2, 0, 1, 2]),
      task_id: int64([1], [0]),
      "past_key_values.0.key": float32([2, 1, 0, 1], new Float32Array(0)),
    });
    expect(found).toEqual(fed);
  });

  it("leave a model without them as it is", () => {
    const plain = lower(emptyGraph("plain"));
    expect(withComputedInputs(plain)).toBe(plain);
  });
});
