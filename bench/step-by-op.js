// Where the time of a training step goes: forward and backward of an encoder on 64 SNLI triplets, packed, by the operators that ONNX Runtime
// runs, from its own profile. A profiled step is a little slower than others.
//
//   npm run build && node bench/step-by-op.js [--model ../shared/models/all-MiniLM-L6-v2] [--threads 2] [--steps 5] [--write]
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { prepareEncoder } from "../dist/encoder/step/prepare.js";
import { loadTokenizer } from "../dist/encoder/tokenizer.js";
import { importModel } from "../dist/graph/import.js";
import { machine } from "./machine.js";
import { snliTriplets } from "./snli-triplets.js";
import { openStep } from "./step-session.js";

const here = dirname(fileURLToPath(import.meta.url));
const { values: options } = parseArgs({
  options: {
    model: { type: "string", default: join(here, "../../shared/models/all-MiniLM-L6-v2") },
    threads: { type: "string", default: "2" },
    steps: { type: "string", default: "5" },
    write: { type: "boolean", default: false },
  },
});
const steps = Number(options.steps);
const folder = mkdtempSync(join(tmpdir(), "embtune-profile-"));
const encoder = prepareEncoder(importModel(readFileSync(join(options.model, "onnx/model.onnx"))));
const tokenizer = await loadTokenizer(options.model);
const texts = snliTriplets(join(here, "../../shared/data/snli/dev.csv"))
  .slice(0, 64)
  .flatMap(([anchor, positive, [negative]]) => [anchor, positive, negative])
  .map((text) => tokenizer.encode(text, 128));
const session = {
  intraOpNumThreads: Number(options.threads),
  executionMode: "sequential",
  graphOptimizationLevel: "basic",
  enableMemPattern: false,
  enableProfiling: true,
  profileFilePrefix: join(folder, "step"),
  extra: { session: { intra_op: { allow_spinning: "0" } } },
};
const step = await openStep(encoder, { texts, packed: true, session });
await step.run();
const started = performance.now();
for (let i = 0; i < steps; i++) await step.run();
const milliseconds = (performance.now() - started) / steps;
step.end();

const [name] = readdirSync(folder);
const events = JSON.parse(readFileSync(join(folder, name), "utf8"));
const kernels = events.filter(
  ({ cat, name: what }) => cat === "Node" && what.endsWith("_kernel_time"),
);
rmSync(folder, { recursive: true });
const byOp = new Map();
for (const { dur, args } of kernels) {
  const { calls, micros } = byOp.get(args.op_name) ?? { calls: 0, micros: 0 };
  byOp.set(args.op_name, { calls: calls + 1, micros: micros + dur });
}
// The first step is in the profile too.
const total = [...byOp.values()].reduce((sum, { micros }) => sum + micros, 0);
const table = [...byOp]
  .sort(([, a], [, b]) => b.micros - a.micros)
  .map(([op, { calls, micros }]) => ({
    op,
    nodes: Math.round(calls / (steps + 1)),
    milliseconds: Number((micros / 1000 / (steps + 1)).toFixed(1)),
    share: Number((micros / total).toFixed(3)),
  }));
console.table(table.slice(0, 20));
const tokens = texts.reduce((sum, { length }) => sum + length, 0);
console.log(`${milliseconds.toFixed(0)} ms a step of ${tokens} tokens, ${step.nodes} nodes`);
if (options.write) {
  const content = {
    machine: machine(),
    threads: Number(options.threads),
    tokens,
    milliseconds: Math.round(milliseconds),
    table,
  };
  writeFileSync(join(here, "results/step-by-op.json"), `${JSON.stringify(content, null, 2)}\n`);
}
