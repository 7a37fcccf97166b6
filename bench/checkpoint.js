// How long a checkpoint of a full run of all-MiniLM-L6-v2 takes (22.7 million parameters with both moments, 272 MB) beside a plain
// write and fsync of the same bytes, and how long its export takes:
//
//     node bench/checkpoint.js [MODEL] [--out bench/results/checkpoint.json]
import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdtempSync,
  openSync,
  rmSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { cpus, tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { writeTensors } from "../dist/files/tensor-file.js";
import { exportModel } from "../dist/jobs/export.js";
import { writeCheckpoint } from "../dist/training/run-folder/checkpoint.js";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const { values, positionals } = parseArgs({
  options: { out: { type: "string" } },
  allowPositionals: true,
});
const model = positionals[0] ?? join(root, "../shared/models/all-MiniLM-L6-v2");
const layers = 6;
const H = 384;
const rounds = 5;

/** Shapes of all-MiniLM-L6-v2's weights. */
function shapes() {
  const all = { words: [30522, H], positions: [512, H], types: [2, H], norm: [2, H] };
  for (let i = 0; i < layers; i++) {
    for (const name of ["query", "key", "value", "attention"]) all[`${i}.${name}`] = [H + 1, H];
    all[`${i}.intermediate`] = [H + 1, 4 * H];
    all[`${i}.output`] = [4 * H + 1, H];
    all[`${i}.norms`] = [4, H];
  }
  return Object.entries(all);
}

const tensors = () =>
  new Map(
    shapes().map(([name, shape]) => {
      const data = new Float32Array(shape[0] * shape[1]).map((_, i) => Math.sin(i));
      return [name, { dtype: "float32", shape, data }];
    }),
  );

const median = (xs) => [...xs].sort((a, b) => a - b)[Math.floor(xs.length / 2)];

async function timed(action) {
  const started = performance.now();
  await action();
  return (performance.now() - started) / 1000;
}

const folder = mkdtempSync(join(tmpdir(), "embtune-checkpoint-"));
const weights = { parameters: tensors(), firstMoments: tensors(), secondMoments: tensors() };
const all = Object.values(weights).flatMap((map) => [...map.values()].map(({ data }) => data));
const bytes = all.reduce((sum, data) => sum + data.byteLength, 0);

const kinds = {
  parameter: weights.parameters,
  firstMoment: weights.firstMoments,
  secondMoment: weights.secondMoments,
};
const source = {
  write: async (path, parts) => {
    const entries = parts.flatMap(({ part, suffix }) =>
      [...kinds[part]].map(([name, tensor]) => [name + suffix, tensor]),
    );
    writeTensors(path, new Map(entries));
  },
  buffers: () => new Map(),
};

function plainWrite(path) {
  const file = openSync(path, "w");
  for (const data of all) {
    const view = new Uint8Array(data.buffer);
    for (let done = 0; done < view.length; ) done += writeSync(file, view, done);
  }
  fsyncSync(file);
  closeSync(file);
}

const state = {
  step: 1,
  best: { step: 0, value: 0.5 },
  start: 0.5,
  evaluationsSinceBest: 0,
  sampler: { epoch: 0, batch: 0 },
};
const checkpoint = [];
const plain = [];
for (let i = 1; i <= rounds; i++) {
  plain.push(await timed(() => plainWrite(join(folder, "plain"))));
  rmSync(join(folder, "plain"));
  checkpoint.push(await timed(() => writeCheckpoint(folder, { ...state, step: i }, source)));
  rmSync(join(folder, `step-00000${i}`), { recursive: true });
}
const report = {
  cpu: cpus()[0].model,
  megabytes: Math.round(bytes / 1e6),
  checkpointSeconds: Number(median(checkpoint).toFixed(3)),
  plainWriteSeconds: Number(median(plain).toFixed(3)),
};
if (existsSync(model)) {
  const to = join(folder, "exported");
  const seconds = await timed(() => exportModel({ model, to, format: "both" }));
  report.exportBothSeconds = Number(seconds.toFixed(2));
  const other = await timed(() => exportModel({ model, to: join(folder, "js") }));
  report.exportTransformersJsSeconds = Number(other.toFixed(2));
}
rmSync(folder, { recursive: true });
process.stdout.write(`${JSON.stringify(report)}\n`);
if (values.out !== undefined) writeFileSync(values.out, `${JSON.stringify(report, null, 2)}\n`);
