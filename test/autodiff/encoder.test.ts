import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { influential } from "../../src/autodiff/dependence.js";
import { type Gradients, valueAndGrad } from "../../src/autodiff/value-and-grad.js";
import { GraphBuilder } from "../../src/graph/builder.js";
import { importModel } from "../../src/graph/import.js";
import type { Graph, Value } from "../../src/graph/ir.js";
import * as ops from "../../src/graph/ops/index.js";
import { initializersToInputs, weightNames } from "../../src/graph/parameters.js";
import { verify } from "../../src/graph/verify.js";
import { int64, type Tensor } from "../../src/math/tensor.js";
import { bundled } from "../support/bundled.js";
import { randomTensor } from "../support/gradient-check.js";
import { type OpenModel, openGraph } from "../support/run-graph.js";

const modelFile = (relative: string): string =>
  fileURLToPath(new URL(`../../${relative}/onnx/model.onnx`, import.meta.url));

const BUNDLED = modelFile("models/embtune-mini-en");
const MINILM = modelFile("../shared/models/all-MiniLM-L6-v2");

/** Σ (mean-pooled, normalised embedding) ⊙ target: an imported encoder with a loss, its weights as inputs. */
function encoderWithLoss(file: string): {
  graph: Graph;
  loss: string;
  weights: Map<string, Tensor>;
  width: number;
} {
  const graph = importModel(readFileSync(file));
  const b = new GraphBuilder(graph);
  const hidden = b.value("last_hidden_state");
  const mask = ops.unsqueeze(b, ops.cast(b, b.value("attention_mask"), "float32"), [-1]);
  const sum = (x: Value): Value => ops.reduceSum(b, x, { axes: [1] });
  const mean = ops.div(b, sum(ops.mul(b, hidden, mask)), sum(mask));
  const target = b.input("target", "float32", mean.shape);
  const loss = ops.reduceSum(b, ops.mul(b, ops.l2Normalize(b, mean), target)).name;
  const weights = initializersToInputs(graph, influential(graph, loss, weightNames(graph)));
  return { graph, loss, weights, width: Number(mean.shape[1]) };
}

/** Two texts of eight tokens, the second one padded. */
function batch(width: number): Record<string, Tensor> {
  const ids = [101, 7, 2054, 2003, 512, 99, 1029, 102, 101, 2054, 333, 1029, 102, 0, 0, 0];
  const mask = ids.map((id) => (id === 0 ? 0 : 1));
  const types = ids.map((_, i) => (i % 8 > 4 ? 1 : 0));
  return {
    input_ids: int64([2, 8], ids),
    attention_mask: int64([2, 8], mask),
    token_type_ids: int64([2, 8], types),
    target: randomTensor([2, width], { dtype: "float32" }),
  };
}

/** The gradient of each weight as a dense array. */
function denseGradients(
  gradients: Gradients,
  results: Readonly<Record<string, Tensor>>,
  weights: ReadonlyMap<string, Tensor>,
): Map<string, Float64Array> {
  const dense = new Map<string, Float64Array>();
  for (const [name, gradient] of gradients) {
    const { data, shape } = weights.get(name)!;
    const sum = new Float64Array(data.length);
    if (gradient.kind === "dense") sum.set(results[gradient.name].data as Float32Array);
    else {
      const width = shape[1];
      const rows = results[gradient.rows].data as Float32Array;
      for (const [i, row] of Array.from(results[gradient.indices].data, Number).entries()) {
        for (let k = 0; k < width; k++) sum[row * width + k] += rows[i * width + k];
      }
    }
    dense.set(name, sum);
  }
  return dense;
}

const outputsOf = (gradients: Gradients): string[] =>
  [...gradients.values()].flatMap((g) => (g.kind === "dense" ? [g.name] : [g.indices, g.rows]));

const normOf = (x: Float64Array): number => Math.sqrt(x.reduce((sum, v) => sum + v * v, 0));

/** (L(w + h·d) − L(w − h·d)) / 2h along d = gradient / ‖gradient‖, which is to be ‖gradient‖. */
async function slopeAlong(
  model: OpenModel,
  feeds: Readonly<Record<string, Tensor>>,
  at: { name: string; loss: string; gradient: Float64Array; h: number },
): Promise<number> {
  const weight = feeds[at.name];
  const norm = normOf(at.gradient);
  const lossAt = async (h: number): Promise<number> => {
    const moved = (weight.data as Float32Array).map((w, i) => w + (h * at.gradient[i]) / norm);
    const results = await model.run({ ...feeds, [at.name]: { ...weight, data: moved } });
    return Number(results[at.loss].data[0]);
  };
  return ((await lossAt(at.h)) - (await lossAt(-at.h))) / (2 * at.h);
}

/** Checks the gradient of each chosen weight: the slope of the loss along it is its norm, to 1e-3 (float32). */
async function checkEncoder(
  file: string,
  chosen: (name: string, index: number) => boolean,
): Promise<{ weights: number; nodes: number; sparse: string[] }> {
  const { graph, loss, weights, width } = encoderWithLoss(file);
  const forward: Graph = { ...graph, nodes: [...graph.nodes] };
  const wrt = [...weights.keys()];
  const tables = wrt.filter((name) => /_embeddings\.weight$/.test(name));
  const gradients = valueAndGrad(graph, { loss, wrt, sparse: tables });
  verify({ ...graph, outputs: [loss, ...outputsOf(gradients)] });

  const feeds = { ...batch(width), ...Object.fromEntries(weights) };
  const model = await openGraph(graph, outputsOf(gradients));
  const dense = denseGradients(gradients, await model.run(feeds), weights);
  await model.release();
  const lossOnly = await openGraph(forward, [loss]);
  for (const [name, gradient] of [...dense].filter(([n], i) => chosen(n, i))) {
    const norm = normOf(gradient);
    const slope = await slopeAlong(lossOnly, feeds, { name, loss, gradient, h: 0.005 });
    expect(Math.abs(slope - norm), `${name}: ${slope} for ${norm}`).toBeLessThan(
      1e-3 * norm + 1e-4,
    );
  }
  await lossOnly.release();
  const sparse = tables.filter((name) => gradients.get(name)?.kind === "sparse");
  return { weights: wrt.length, nodes: graph.nodes.length, sparse };
}

describe.skipIf(!existsSync(BUNDLED))("the bundled encoder (models/embtune-mini-en)", () => {
  it("every weight's gradient is the slope of the loss along it", async () => {
    const { weights, sparse } = await checkEncoder(BUNDLED, () => true);
    // Three tables and the LayerNorm behind them, 16 tensors a layer.
    expect(weights).toBe(5 + 16 * bundled.layers);
    expect(sparse.length).toBe(3);
  });
});

describe.skipIf(!existsSync(MINILM))(
  "all-MiniLM-L6-v2 (skipped without ../shared/models/all-MiniLM-L6-v2)",
  () => {
    it("the gradient of every twentieth weight is the slope of the loss along it", async () => {
      const { weights, nodes, sparse } = await checkEncoder(MINILM, (_, i) => i % 20 === 0);
      expect(weights).toBe(101);
      expect(nodes).toBeLessThan(1500);
      expect(sparse.length).toBe(3);
    });
  },
);
