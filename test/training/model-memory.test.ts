import { describe, expect, it } from "vitest";
import type { PreparedEncoder } from "../../src/encoder/step/prepare.js";
import { emptyGraph } from "../../src/graph/ir.js";
import { float32 } from "../../src/math/tensor.js";
import { collectGarbage } from "../../src/runtime/collect-garbage.js";
import { weightsMerger } from "../../src/training/model/merged-weights.js";
import { openResources } from "../../src/training/model/resources.js";
import { openContext } from "../../src/training/model/run-context.js";
import type { TrainOptions } from "../../src/training/options/settings.js";
import { planTraining, trainedTexts } from "../../src/training/plan/plan.js";
import { setUp } from "../../src/training/update/set-up.js";
import { bundledFolder } from "../support/bundled.js";
import { options } from "../support/encoder-run.js";

const adapter = {
  layer: 0,
  roles: ["query"],
  transposed: false,
  a: "a",
  b: "b",
  scale: 2,
} as const;

describe("merging adapters", () => {
  it("holds on to the weights that adapters are merged into, and to nothing else of the encoder", async () => {
    const { merge, graph } = opened();
    await collectGarbage();
    expect(graph.deref()).toBeUndefined();
    const trained = [
      ["a", float32([1, 2], [1, 2])],
      ["b", float32([2, 1], [3, 4])],
    ] as const;
    expect(merge(new Map(trained)).get("w")).toEqual(float32([2, 2], [7, 10, 15, 20]));
  });
});

/** A function that merges into w = [1, 2; 3, 4], and the graph that it was made of. */
function opened() {
  const file = Float32Array.of(0, 1, 2, 3, 4);
  const graph = emptyGraph("encoder");
  graph.initializers.set("w", float32([2, 2], file.subarray(1)));
  const encoder = { graph, weights: [{ name: "w", layer: 0 }] } as unknown as PreparedEncoder;
  const merge = weightsMerger(encoder, { adapters: [{ ...adapter, weight: "w" }] });
  return { merge, graph: new WeakRef(graph) };
}

const cases: Partial<TrainOptions>[] = [
  { tune: "full" },
  { tune: "last:1", miniBatchTokens: 64 },
  { tune: "lora" },
];

describe("an encoder that is being trained", () => {
  it.each(cases)("leaves no copy of its model in the main thread: %j", async (changes) => {
    const plan = await planTraining(options({ ...changes, model: bundledFolder }));
    await collectGarbage();
    const before = process.memoryUsage().external;
    const resources = await openResources(plan.settings, trainedTexts(plan));
    const control = { onEvent: () => {} };
    const context = openContext(plan, resources, { auxiliary: undefined, control });
    const { trainable, parts } = await setUp(context, false);
    await collectGarbage();
    const held = process.memoryUsage().external - before;
    // The encoder's file has about 20 MB, its query and value projections 2.
    expect(held).toBeLessThan(8 * 2 ** 20);
    expect(parts(await trainable.parameters()).weights!.size).toBeGreaterThan(1);
    await trainable.release();
    await resources.close();
  });
});
