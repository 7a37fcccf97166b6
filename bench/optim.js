// Milliseconds of the optimizer on one core: AdamW and the gradient norm over the 22.7 M parameters of
// all-MiniLM-L6-v2, a sparse embedding gradient of 2,048 rows; and head-sized steps of a trainer a second.
//
//   npm run build && node bench/optim.js [--rounds 30] [--write]
//
// --write stores the figures in bench/results/optim.json. PyTorch's side: bench/python/adamw.py.
import { mkdirSync, writeFileSync } from "node:fs";
import { cpus, loadavg, totalmem } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { valueAndGrad } from "../dist/autodiff/value-and-grad.js";
import { GraphBuilder } from "../dist/graph/builder.js";
import { emptyGraph } from "../dist/graph/ir.js";
import { serialize } from "../dist/graph/lower.js";
import { matmul, reduceMean, square, sub } from "../dist/graph/ops/index.js";
import { ADAMW_DEFAULTS, adamWUpdate } from "../dist/optim/adamw.js";
import { addRows, clearRows, gradientNorm } from "../dist/optim/gradient.js";
import { allocateParameters } from "../dist/optim/parameter-memory.js";
import { openRuntime } from "../dist/runtime/runtime.js";

const { values: options } = parseArgs({
  options: {
    rounds: { type: "string", default: "30" },
    write: { type: "boolean", default: false },
  },
});
const rounds = Number(options.rounds);

/** Tensor shapes of all-MiniLM-L6-v2: 22,713,216 numbers. */
const H = 384;
const layer = [
  ...new Array(4).fill([[H, H], [H]]).flat(),
  [H],
  [H],
  [4 * H, H],
  [4 * H],
  [H, 4 * H],
  [H],
  [H],
  [H],
];
const pooler = [[H, H], [H]];
const shapes = [
  [30522, H],
  [512, H],
  [2, H],
  [H],
  [H],
  ...new Array(6).fill(layer).flat(),
  ...pooler,
];

const sizeOf = (shape) => shape.reduce((product, dim) => product * dim, 1);
const noise = (n, scale) =>
  Float32Array.from({ length: n }, (_, i) => Math.sin(i * 12.9898) * scale);

/** Least and median milliseconds. */
function timed(work) {
  const times = Array.from({ length: rounds }, (_, i) => {
    const start = performance.now();
    work(i + 1);
    return performance.now() - start;
  }).sort((a, b) => a - b);
  const rounded = (x) => Math.round(x * 100) / 100;
  return { least: rounded(times[0]), median: rounded(times[Math.floor(rounds / 2)]) };
}

function benchOptimizer() {
  const memory = allocateParameters(
    shapes.map((shape, i) => ({
      name: `p${i}`,
      shape,
      data: noise(sizeOf(shape), 0.05),
      decay: shape.length > 1,
      learningRateScale: 1,
      sparse: i === 0,
    })),
  );
  for (const block of memory.blocks) block.gradient.set(noise(block.length, 1e-3));
  const adamW = timed((step) =>
    adamWUpdate(memory, ADAMW_DEFAULTS, { step, learningRate: 2e-5, gradientScale: 0.9 }),
  );
  const norm = timed(() => gradientNorm(memory, new Map()));
  const [table] = memory.blocks;
  const rows = noise(2048 * H, 1e-3);
  const indices = BigInt64Array.from({ length: 2048 }, (_, i) => BigInt((i * 7919) % 30522));
  const sparse = timed(() => clearRows(table, addRows(memory, table, { indices, rows })));
  const parameters = memory.blocks.reduce((sum, block) => sum + block.length, 0);
  return { parameters, adamW, gradientNorm: norm, sparseRows2048: sparse };
}

/** Steps a second of x [256, 384] · w [384, 256] with a squared error: graph, messages and AdamW. */
async function benchTrainer() {
  const b = new GraphBuilder(emptyGraph("head"));
  const x = b.input("x", "float32", ["B", H]);
  const y = b.input("y", "float32", ["B", 256]);
  const w = b.input("w", "float32", [H, 256]);
  const loss = b.output(reduceMean(b, square(b, sub(b, matmul(b, x, w), y))));
  const gradient = valueAndGrad(b.graph, { loss: loss.name, wrt: ["w"] }).get("w");
  b.graph.outputs.push(gradient.name);
  const runtime = await openRuntime();
  const data = noise(H * 256, 0.05);
  const parameter = { name: "w", shape: [H, 256], gradient, data, decay: true };
  const trainer = await runtime.createTrainer({
    model: serialize(b.graph),
    loss: loss.name,
    parameters: [{ ...parameter, learningRateScale: 1 }],
    optimizer: ADAMW_DEFAULTS,
    maxGradNorm: 1,
  });
  const tensor = (cols) => ({ dtype: "float32", shape: [256, cols], data: noise(256 * cols, 1) });
  const feeds = { x: tensor(H), y: tensor(256) };
  const count = 300;
  let inside = 0;
  const start = performance.now();
  for (let step = 0; step < count; step++) {
    inside += (await trainer.step(feeds, 1e-3)).milliseconds;
  }
  const total = performance.now() - start;
  await runtime.close();
  return {
    threads: runtime.threads,
    stepsPerSecond: Math.round((count / total) * 1000),
    messageMilliseconds: Math.round(((total - inside) / count) * 1000) / 1000,
  };
}

const result = {
  command: `node bench/optim.js --rounds ${rounds}`,
  date: new Date().toISOString().slice(0, 10),
  machine: {
    cpu: cpus()[0]?.model.trim(),
    cores: cpus().length,
    memoryGB: Math.round(totalmem() / 2 ** 30),
    node: process.version,
    loadBefore: Math.round((loadavg()[0] ?? 0) * 10) / 10,
  },
  unit: "milliseconds on one core, but for the trainer",
  ...benchOptimizer(),
  trainer: await benchTrainer(),
};
console.log(JSON.stringify(result, null, 2));
if (options.write) {
  const folder = join(dirname(fileURLToPath(import.meta.url)), "results");
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "optim.json"), `${JSON.stringify(result, null, 2)}\n`);
}
