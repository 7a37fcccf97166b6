// The loss curve of full fine-tuning beside PyTorch's (bench/python/loss_curve.py): all-MiniLM-L6-v2 on the same fixed batches,
// float32, no dropout, the same AdamW, schedule and clipping.
//
//   npm run build && node bench/loss-curve.js [--steps 100] [--total 100] [--peer bench/results/loss-curve-pytorch.json]
//
// --steps stops early, --total is what the schedule counts on. Per-step losses are to agree within 1e-4 relative for the first 20
// steps and within 1e-2 to the end. Writes bench/results/loss-curve.json.
import { existsSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { batchCursor } from "../dist/dataset/batches/sampler.js";
import { learningRate, warmupSteps } from "../dist/optim/schedule.js";
import { openResources } from "../dist/training/model/resources.js";
import { openContext } from "../dist/training/model/run-context.js";
import { planTraining } from "../dist/training/plan/plan.js";
import { setUp } from "../dist/training/update/set-up.js";
import { machine } from "./machine.js";
import { snliTriplets } from "./snli-triplets.js";

const here = dirname(fileURLToPath(import.meta.url));
const shared = join(here, "../../shared");
const { values: options } = parseArgs({
  options: {
    steps: { type: "string", default: "100" },
    total: { type: "string", default: "100" },
    peer: { type: "string", default: join(here, "results/loss-curve-pytorch.json") },
  },
});
const work = mkdtempSync(join(tmpdir(), "embtune bench "));
const data = join(work, "triplets.jsonl");
const lines = snliTriplets(join(shared, "data/snli/dev.csv")).map(([anchor, positive, negatives]) =>
  JSON.stringify({ anchor, positive, negatives }),
);
writeFileSync(data, `${lines.join("\n")}\n`);

const total = Number(options.total);
const plan = await planTraining({
  data,
  eval: join(shared, "data/stsb/dev.csv"),
  out: join(work, "run"),
  model: join(shared, "models/all-MiniLM-L6-v2"),
  ...{ tune: "full", lr: 2e-5, dropout: 0 },
  shuffle: false,
  batchSize: 64,
  maxLength: 128,
  threads: 2,
  steps: total,
});
const resources = await openResources(plan.settings, plan.groups[0].batches.texts.length);
const context = openContext(plan, resources, {
  auxiliary: undefined,
  control: { onEvent: () => {} },
});
const { trainable } = await setUp(context);
const { schedule: name, lr: rate, warmup } = plan.settings;
const schedule = { schedule: name, rate, warmup: warmupSteps(warmup, total), steps: total };
const cursor = batchCursor(plan.sampler);
const steps = [];
for (let step = 1; step <= Number(options.steps); step++) {
  const lr = learningRate(schedule, step);
  const batch = trainable.prepare([cursor.next()]);
  const { loss, gradNorm, tokens } = await trainable.update(batch, lr);
  steps.push({ step, loss, gradNorm, lr, tokens });
}
await trainable.release();
await resources.close();

const result = {
  machine: machine(),
  settings: { rate, total, objective: plan.objective.options },
  steps,
};
writeFileSync(join(here, "results/loss-curve.json"), `${JSON.stringify(result, null, 1)}\n`);
if (existsSync(options.peer)) {
  const peer = JSON.parse(readFileSync(options.peer, "utf8")).steps;
  const away = steps.slice(0, peer.length).map(({ loss }, i) => Math.abs(loss / peer[i].loss - 1));
  const most = (from, to) => Math.max(0, ...away.slice(from, to)).toExponential(1);
  process.stdout.write(
    `largest relative difference: steps 1-20 ${most(0, 20)}, later ${most(20)}\n`,
  );
  process.stdout.write(`first losses ${steps[0].loss} and ${peer[0].loss} (PyTorch)\n`);
} else process.stdout.write(`no ${options.peer}: run bench/python/loss_curve.py first\n`);
