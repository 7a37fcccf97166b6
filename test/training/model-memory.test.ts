import { describe, expect, it, vi } from "vitest";
import type { PreparedEncoder } from "../../src/encoder/step/prepare.js";
import { emptyGraph } from "../../src/graph/ir.js";
import { float32 } from "../../src/math/tensor.js";
import { collectGarbage } from "../../src/runtime/collect-garbage.js";
import { machineLimits } from "../../src/runtime/machine-limits.js";
import { plannedRun, requireMemory } from "../../src/training/memory/require-memory.js";
import { weightsMerger } from "../../src/training/model/merged-weights.js";
import { openResources } from "../../src/training/model/resources.js";
import { openContext } from "../../src/training/model/run-context.js";
import type { TrainOptions } from "../../src/training/options/settings.js";
import { planTraining, trainedTexts } from "../../src/training/plan/plan.js";
import { setUp } from "../../src/training/update/set-up.js";
import { userErrorOf } from "../dataset/temporary-files.js";
import { bundledFolder } from "../support/bundled.js";
import { file, options } from "../support/encoder-run.js";

vi.mock("../../src/runtime/machine-limits.js", async (original) => {
  const real = await original<{ machineLimits: typeof machineLimits }>();
  return { machineLimits: vi.fn(real.machineLimits) };
});

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

describe("a batch beyond the memory that there is", () => {
  const words = "a sentence of some length so that activations count";
  const rows = Array.from({ length: 300 }, (_, i) => `${words} ask ${i},${words} answer ${i}`);
  const data = file("many.csv", ["anchor,positive", ...rows]);
  const plan = (sizes: Partial<TrainOptions>) =>
    planTraining(options({ data, tune: "full", objective: "infonce", maxLength: 48, ...sizes }));

  it("is refused with sizes that fit", async () => {
    const memory = 140 * 2 ** 20;
    const limits = { ...machineLimits(), memory, memoryLimited: true };
    vi.mocked(machineLimits).mockReturnValue(limits);
    const planned = await plan({ batchSize: 256 });
    const resources = await openResources(planned.settings, trainedTexts(planned));
    const control = { onEvent: () => {} };
    const context = openContext(planned, resources, { auxiliary: undefined, control });
    const error = await userErrorOf(requireMemory(context));
    await resources.close();
    expect([error.code, error.exitCode]).toEqual(["beyond-memory", 2]);
    expect(error.message).toMatch(
      /^batches of 256 rows take about \d\.\d GB of memory, and the container has 0\.1 GB$/,
    );
    const [, tokens, fewer] = /--mini-batch-tokens (\d+),.* --batch-size (\d+)$/.exec(error.hint!)!;
    const cut = { batchSize: 256, miniBatchTokens: Number(tokens) };
    for (const sizes of [cut, { batchSize: Number(fewer) }])
      expect((await plannedRun(await plan(sizes))).total).toBeLessThan(memory);
  });
});
