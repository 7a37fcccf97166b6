// One training step of all-MiniLM-L6-v2 without its optimizer, forward and backward, against the machine's own MatMul rate
// ([2048,384] × [384,1536]) measured in turn with it: 64 texts of 32 tokens, and a batch of 64 SNLI triplets packed and with
// padding. A token costs 6 · 10.65e6 floating-point operations.
//
//   npm run build && node bench/encoder-step.js [--model ../shared/models/all-MiniLM-L6-v2] [--threads 2] [--rounds 8] [--write]
//
// On a busy machine the processor time of one thread tells more than the clock: --threads 1 reports both.
// --write stores the figures in bench/results/encoder-step.json.
import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import * as ort from "onnxruntime-node";
import { prepareEncoder } from "../dist/encoder/step/prepare.js";
import { loadTokenizer } from "../dist/encoder/tokenizer.js";
import { GraphBuilder } from "../dist/graph/builder.js";
import { importModel } from "../dist/graph/import.js";
import { emptyGraph } from "../dist/graph/ir.js";
import { serialize } from "../dist/graph/lower.js";
import { matmul } from "../dist/graph/ops/index.js";
import { machine } from "./machine.js";
import { snliTriplets } from "./snli-triplets.js";
import { openStep } from "./step-session.js";

const here = dirname(fileURLToPath(import.meta.url));
const { values: options } = parseArgs({
  options: {
    model: { type: "string", default: join(here, "../../shared/models/all-MiniLM-L6-v2") },
    threads: { type: "string", default: "2" },
    rounds: { type: "string", default: "8" },
    write: { type: "boolean", default: false },
  },
});
const TOKEN_FLOP = 6 * 10.65e6;
const PRODUCT_FLOP = 2 * 2048 * 384 * 1536;
const session = {
  intraOpNumThreads: Number(options.threads),
  executionMode: "sequential",
  graphOptimizationLevel: "basic",
  enableMemPattern: false,
  extra: { session: { intra_op: { allow_spinning: "0" } } },
};

const filled = (shape) => {
  const size = shape.reduce((product, dim) => product * dim, 1);
  const data = Float32Array.from({ length: size }, (_, i) => Math.sin(i));
  return new ort.Tensor("float32", data, shape);
};

async function openProduct() {
  const b = new GraphBuilder(emptyGraph("product"));
  const [x, w] = [b.input("x", "float32", [2048, 384]), b.input("w", "float32", [384, 1536])];
  b.output(matmul(b, x, w));
  const opened = await ort.InferenceSession.create(serialize(b.graph), session);
  const feeds = { x: filled([2048, 384]), w: filled([384, 1536]) };
  const fetches = await opened.run(feeds);
  return () => opened.run(feeds, fetches);
}

/** Milliseconds on the clock and of processor time. */
async function timed(run) {
  const before = process.cpuUsage();
  const started = performance.now();
  await run();
  const wall = performance.now() - started;
  const { user, system } = process.cpuUsage(before);
  return { wall, processor: (user + system) / 1000 };
}

const median = (values) => values.toSorted((x, y) => x - y)[Math.floor(values.length / 2)];

async function measure(product, { run, nodes, startup }, tokens) {
  await run();
  const steps = [];
  const products = [];
  for (let round = 0; round < Number(options.rounds); round++) {
    for (let i = 0; i < 5; i++) products.push(await timed(product));
    steps.push(await timed(run));
  }
  const shares = Object.fromEntries(
    ["wall", "processor"].map((clock) => {
      const [step, one] = [steps, products].map((list) => median(list.map((t) => t[clock])));
      const share = (tokens * TOKEN_FLOP * one) / (step * PRODUCT_FLOP);
      return [clock, { ms: Math.round(step), shareOfMatMulRate: Number(share.toFixed(2)) }];
    }),
  );
  return { tokens, nodes, buildAndSessionMs: Math.round(startup), ...shares };
}

const encoder = prepareEncoder(importModel(readFileSync(join(options.model, "onnx/model.onnx"))));
const tokenizer = await loadTokenizer(options.model);
const dense = Array.from({ length: 64 }, (_, i) =>
  Int32Array.from({ length: 32 }, (_, t) => 1000 + ((97 * i + 31 * t) % 10_000)),
);
const triplets = snliTriplets(join(here, "../../shared/data/snli/dev.csv")).slice(0, 64);
const sentences = triplets
  .flatMap(([anchor, positive, [negative]]) => [anchor, positive, negative])
  .map((text) => tokenizer.encode(text, 128));
const product = await openProduct();
const results = {};
for (const [name, texts, packed] of [
  ["64 x 32 tokens", dense, true],
  ["64 SNLI triplets", sentences, true],
  ["64 SNLI triplets with padding", sentences, false],
]) {
  const tokens = texts.reduce((sum, { length }) => sum + length, 0);
  results[name] = await measure(
    product,
    await openStep(encoder, { texts, packed, session }),
    tokens,
  );
  console.log(name, JSON.stringify(results[name]));
}
if (options.write) {
  const file = join(here, "results/encoder-step.json");
  const content = { machine: machine(), threads: Number(options.threads), results };
  writeFileSync(file, `${JSON.stringify(content, null, 2)}\n`);
}
