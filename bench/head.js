// Steps a second of head training, 384 → 256, InfoNCE, batch 256, on 10,000 pairs: sampling, batch assembly, forward, backward,
// clipping and AdamW. The vectors are random: their values do not change the time.
// Run: npm run build && node bench/head.js [--write]   (--write stores bench/results/head.json)
import { writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { indexPairs } from "../dist/dataset/batches/pair-index.js";
import { batchCursor } from "../dist/dataset/batches/sampler.js";
import { pairSampler } from "../dist/dataset/batches/samplers.js";
import { headSpec, initialHead } from "../dist/encoder/head.js";
import { buildHeadStep } from "../dist/encoder/step/loss-step.js";
import { createRandom } from "../dist/math/random.js";
import { acceptedRoles } from "../dist/objectives/inputs.js";
import { objectiveNamed } from "../dist/objectives/registry.js";
import { resolveOptions } from "../dist/objectives/resolve.js";
import { openRuntime } from "../dist/runtime/runtime.js";
import { headFeeds } from "../dist/training/batches/head-feeds.js";
import { batchMaker } from "../dist/training/batches/make-batches.js";
import { openTrainer } from "../dist/training/update/open-trainer.js";
import { createTrainable } from "../dist/training/update/trainable.js";
import { plainUpdate } from "../dist/training/update/update-method.js";
import { machine } from "./machine.js";

const pairs = 10_000;
const width = 384;
const random = createRandom(1);
const rows = Array.from({ length: pairs }, (_, i) => ({
  anchor: `a${i}`,
  positive: `p${i}`,
  negatives: [],
  line: i + 2,
}));
const definition = objectiveNamed("infonce");
const objective = { definition, options: resolveOptions(definition, {}) };
const batches = batchMaker(
  { kind: "pair", rows },
  {
    accepted: acceptedRoles(definition),
    objective: objective.options,
    falseNegatives: true,
    seed: 42,
  },
);
const vectors = Float32Array.from({ length: 2 * pairs * width }, () => random.uniform() - 0.5);
const gather = (numbers) => {
  const data = new Float32Array(numbers.length * width);
  numbers.forEach((n, i) => {
    data.set(vectors.subarray(n * width, (n + 1) * width), i * width);
  });
  return { rows: numbers.length, cols: width, data };
};
const head = headSpec(width, { kind: "linear", dim: 256 });
const start = initialHead(head, {
  seed: 42,
  embeddings: gather(Int32Array.from({ length: 2000 }, (_, i) => i)),
});
const runtime = await openRuntime();
const model = buildHeadStep({
  objective,
  roles: batches.roles,
  negatives: 0,
  head: { spec: head, side: "both", start },
});
const { trainer, graphs } = await openTrainer(runtime, [model], {
  settings: { weightDecay: 0.01, maxGradNorm: 1, scalarLr: 1, lr: 1 },
  depth: 0,
  scalars: new Map(),
});
const settings = { headSide: "both" };
const trainable = await createTrainable(
  { plan: { settings }, head, encoder: { info: { normalize: true } } },
  {
    trainer,
    methods: graphs.map((graph) => plainUpdate(graph)),
    batchOf: (planned) => {
      const batch = batches.make(planned);
      return { texts: { ...batch, group: 0 }, feeds: headFeeds(batch, gather), tokens: 0 };
    },
    queues: { of: () => undefined, tensors: () => new Map(), restore: () => {} },
    encode: async () => ({ rows: 0, cols: width, data: new Float32Array(0) }),
    release: async () => {},
  },
);
const cursor = batchCursor(pairSampler(indexPairs(rows), { batchSize: 256, seed: 42 }));

async function steps(count) {
  const started = performance.now();
  let next = trainable.prepare([cursor.next()]);
  for (let i = 0; i < count; i++) {
    const running = trainable.update(next, 1e-3);
    next = trainable.prepare([cursor.next()]);
    await running;
  }
  return count / ((performance.now() - started) / 1000);
}

await steps(40);
const rounds = [];
for (let round = 0; round < 5; round++) rounds.push(await steps(200));
await trainable.release();
await runtime.close();
const best = Math.max(...rounds);
const median = rounds.toSorted((a, b) => a - b)[2];
console.log(
  `steps/s: ${rounds.map((r) => r.toFixed(0)).join(" ")}; median ${median.toFixed(0)}, best ${best.toFixed(0)}`,
);
if (process.argv.includes("--write")) {
  const path = join(dirname(fileURLToPath(import.meta.url)), "results", "head.json");
  writeFileSync(
    path,
    `${JSON.stringify({ command: "node bench/head.js --write", machine: machine(), stepsPerSecond: { rounds, median, best } }, null, 2)}\n`,
  );
}
