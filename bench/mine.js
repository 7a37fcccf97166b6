// How fast hard negatives are searched for.
//
//   npm run build && node bench/mine.js [--queries 8192]
//
// Searches 100,000 documents of 384 dimensions for the nearest 16 and 64 of a part of 100,000 queries; all vectors are in memory, as they
// would be in the whole search, whose time is extrapolated. Beside it, in the same minute: the rate of a bare MatMul of the same blocks, whose
// result stays in the runtime. Rates by the processor time of all threads are what other work on the machine does not disturb.
// Writes bench/results/mine.json.
import { mkdirSync, writeFileSync } from "node:fs";
import { cpus, loadavg } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { GraphBuilder } from "../dist/graph/builder.js";
import { emptyGraph } from "../dist/graph/ir.js";
import { lower } from "../dist/graph/lower.js";
import { gemm, slice } from "../dist/graph/ops/index.js";
import { matrixTensor } from "../dist/math/tensor.js";
import { encode } from "../dist/onnx/model.js";
import { openRuntime } from "../dist/runtime/runtime.js";
import { searchExact } from "../dist/search/exact-search.js";

const { values } = parseArgs({ options: { queries: { type: "string", default: "8192" } } });
const [rows, cols, searched] = [100_000, 384, Number(values.queries)];
const block = { queries: 512, documents: 32_768 };

function unitVectors(seed) {
  let state = seed;
  const data = new Float32Array(rows * cols);
  for (let i = 0; i < rows; i++) {
    let sum = 0;
    for (let d = 0; d < cols; d++) {
      state = (Math.imul(state, 1664525) + 1013904223) | 0;
      const x = state / 2 ** 31;
      data[i * cols + d] = x;
      sum += x * x;
    }
    const length = Math.sqrt(sum);
    for (let d = 0; d < cols; d++) data[i * cols + d] /= length;
  }
  return { rows, cols, data };
}

const part = (matrix, count) => ({
  ...matrix,
  rows: count,
  data: matrix.data.subarray(0, count * cols),
});

/** Gigaflops a second of wall time and of processor time. */
async function rate(flops, work) {
  const cpu = process.cpuUsage();
  const start = performance.now();
  await work();
  const seconds = (performance.now() - start) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  const ofCpu = (user + system) / 1e6;
  return {
    seconds: Number(seconds.toFixed(3)),
    cpuSeconds: Number(ofCpu.toFixed(3)),
    gflops: Math.round(flops / seconds / 1e9),
    gflopsPerCpuSecond: Math.round(flops / ofCpu / 1e9),
  };
}

async function bareProduct(runtime, queries, documents) {
  const b = new GraphBuilder(emptyGraph("product"));
  const q = b.input("queries", "float32", [block.queries, cols]);
  const c = b.initializer("documents", matrixTensor(part(documents, block.documents)));
  b.output(
    b.named(slice(b, gemm(b, q, c, { transB: true }), { start: 0, end: 1, axis: 0 }), "first"),
  );
  const session = await runtime.createSession(encode(lower(b.graph)));
  const feeds = { queries: matrixTensor(part(queries, block.queries)) };
  await session.run(feeds);
  const runs = 24;
  const measured = await rate(runs * 2 * block.queries * block.documents * cols, async () => {
    for (let i = 0; i < runs; i++) await session.run(feeds);
  });
  await session.release();
  return measured;
}

const runtime = await openRuntime();
const [queries, documents] = [unitVectors(1), unitVectors(2)];
const before = await bareProduct(runtime, queries, documents);
/** Two searches, so that what a block of documents costs once is told from what each query costs. */
const search = async (k) => {
  const timed = (count) =>
    rate(2 * count * rows * cols, () =>
      searchExact({ runtime, queries: part(queries, count), documents, k }),
    );
  const [small, large] = [await timed(searched / 2), await timed(searched)];
  const slope = (key) => (large[key] - small[key]) / (searched / 2);
  const flops = 2 * rows * cols;
  return {
    k,
    once: Number((large.seconds - searched * slope("seconds")).toFixed(2)),
    gflops: Math.round(flops / slope("seconds") / 1e9),
    gflopsPerCpuSecond: Math.round(flops / slope("cpuSeconds") / 1e9),
    secondsFor100kExtrapolated: Math.round(large.seconds + (rows - searched) * slope("seconds")),
  };
};
const searches = [await search(16), await search(64)];
const after = await bareProduct(runtime, queries, documents);
await runtime.close();
const perCpu = (before.gflopsPerCpuSecond + after.gflopsPerCpuSecond) / 2;
const result = {
  machine: {
    cpu: cpus()[0]?.model,
    cores: cpus().length,
    node: process.version,
    load: loadavg()[0],
  },
  documents: rows,
  dimensions: cols,
  queriesSearched: searched,
  matMul: { before, after },
  searches: searches.map((found) => ({
    ...found,
    shareOfMatMulRate: Number((found.gflopsPerCpuSecond / perCpu).toFixed(2)),
  })),
  peakMegabytes: Math.round(process.resourceUsage().maxRSS / 1024),
};
const results = join(dirname(fileURLToPath(import.meta.url)), "results");
mkdirSync(results, { recursive: true });
writeFileSync(join(results, "mine.json"), `${JSON.stringify(result, null, 2)}\n`);
process.stdout.write(`${JSON.stringify(result, null, 2)}\n`);
