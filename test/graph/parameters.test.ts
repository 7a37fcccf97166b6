import { describe, expect, it } from "vitest";
import { GraphBuilder } from "../../src/graph/builder.js";
import { emptyGraph } from "../../src/graph/ir.js";
import { add, scalar } from "../../src/graph/ops/index.js";
import { initializersToInputs, weightNames } from "../../src/graph/parameters.js";
import { float32, int64 } from "../../src/math/tensor.js";
import { runGraph } from "../support/run-graph.js";

describe("parameters", () => {
  it("the weights are the float initializers that are no single numbers; as inputs they can change", async () => {
    const b = new GraphBuilder(emptyGraph("test"));
    const w = b.initializer("w", float32([2], [1, 2]));
    b.initializer("ids", int64([2], [0, 1]));
    b.output(add(b, w, scalar(b, 10, "float32")));
    expect(weightNames(b.graph)).toEqual(["w"]);

    const tensors = initializersToInputs(b.graph, ["w"]);
    expect([...tensors]).toEqual([["w", float32([2], [1, 2])]]);
    expect(b.graph.inputs).toEqual([{ name: "w", dtype: "float32", shape: [2] }]);
    const results = await runGraph(b.graph, { w: float32([2], [5, 6]) });
    expect(Array.from(results[b.graph.outputs[0]].data, Number)).toEqual([15, 16]);
  });

  it("refuses a name that is no initializer", () => {
    expect(() => initializersToInputs(emptyGraph("test"), ["w"])).toThrow(
      'no initializer named "w"',
    );
  });
});
