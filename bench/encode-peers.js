// Sentences a second of embtune's encoder beside the fastest ways there are in Python, in turn in every round, and how near each is to
// float32 (sentence-transformers' vectors).
//
//   npm run build && node bench/encode-peers.js [--model FOLDER] [--sentences 2000] [--rounds 3] [--threads 2] [--only st,fastembed] [--out FILE]
//     --python PYTHON (sentence-transformers, torch, onnx)  --openvino PYTHON (openvino, nncf, onnx, onnxruntime, tokenizers)
//     --fastembed PYTHON (fastembed)
//
// Data: distinct sentences of STS Benchmark and SICK from ../shared/data. Each way is a process that stays and has warmed up; a round asks one
// after the other (python/encode_peers.py says what each does). Rates are by the clock and by processor time (all threads): on a busy machine the
// second with --threads 1 is the one to read. --only takes some of the peers. Writes bench/results/encode-peers.json, or --out.
import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { loadEncoder } from "../dist/encoder/load.js";
import { openRuntime } from "../dist/runtime/runtime.js";
import { machine } from "./machine.js";
import { measureCommand } from "./measure-command.js";
import { readSentences } from "./sentences.js";
import { miniLmFolder } from "./shared-data.js";

const here = dirname(fileURLToPath(import.meta.url));
const { values: options } = parseArgs({
  options: {
    model: { type: "string", default: miniLmFolder },
    sentences: { type: "string", default: "2000" },
    rounds: { type: "string", default: "3" },
    threads: { type: "string", default: "2" },
    only: { type: "string" },
    out: { type: "string", default: join(here, "results/encode-peers.json") },
    python: { type: "string" },
    openvino: { type: "string" },
    fastembed: { type: "string" },
  },
});
const work = mkdtempSync(join(tmpdir(), "embtune bench "));
const sentences = readSentences(join(here, "../../shared"), Number(options.sentences));
const list = join(work, "texts.json");
writeFileSync(list, JSON.stringify(sentences));

const threads = Number(options.threads);
const runtime = await openRuntime({ threads });
async function own(model, dtype) {
  const encoder = await loadEncoder({ runtime, model, dtype });
  let vectors = await encoder.encode(sentences.slice(0, 256));
  const round = async () => {
    const [start, processor] = [performance.now(), process.cpuUsage()];
    vectors = await encoder.encode(sentences);
    const { user, system } = process.cpuUsage(processor);
    return { seconds: (performance.now() - start) / 1000, processor: (user + system) / 1e6 };
  };
  return { round, vectors: async () => vectors, close: async () => {} };
}

async function peer(python, kind) {
  const script = join(here, "python/encode_peers.py");
  const given = { kind, model: options.model, texts: list, threads: options.threads };
  const args = [script, ...Object.entries(given).flatMap(([name, value]) => [`--${name}`, value])];
  const child = spawn(python, args, { stdio: ["pipe", "pipe", "ignore"] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const next = async (wanted) => {
    for (;;) {
      const { value, done } = await lines.next();
      if (done) throw new Error(`${kind} ended; run ${[python, ...args].join(" ")} to see why`);
      if (wanted(value)) return value;
    }
  };
  await next((line) => line === "ready");
  const ask = (line) => child.stdin.write(`${line}\n`);
  return {
    round: async () => {
      ask("go");
      const line = await next((one) => /^[\d.]+ [\d.]+$/.test(one));
      const [seconds, processor] = line.split(" ").map(Number);
      return { seconds, processor };
    },
    vectors: async () => {
      const path = join(work, `${kind}.f32`);
      ask(`vectors ${path}`);
      await next((line) => line === "written");
      const data = new Float32Array(Uint8Array.from(readFileSync(path)).buffer);
      return { data, cols: data.length / sentences.length };
    },
    close: async () => child.stdin.end(),
  };
}

const quantized = join(work, "q8");
measureCommand(["export", options.model, "--to", quantized, "--dtype", "q8", "--quiet"]);
const ways = new Map([
  ["embtune", await own(options.model)],
  ["embtune q8", await own(quantized, "q8")],
]);
const kinds = {
  python: ["st", "st-bf16"],
  openvino: ["onnx-int8", "openvino", "openvino-bf16", "openvino-int8"],
  fastembed: ["fastembed"],
};
const only = options.only?.split(",");
for (const [name, ofPython] of Object.entries(kinds)) {
  if (options[name] === undefined) continue;
  for (const kind of ofPython)
    if (only?.includes(kind) ?? true) ways.set(kind, await peer(options[name], kind));
}

const times = new Map([...ways.keys()].map((name) => [name, []]));
for (let round = 0; round < Number(options.rounds); round++)
  for (const [name, way] of ways) times.get(name).push(await way.round());

const median = (numbers) => numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)];
const rate = (name, of) =>
  Math.round(sentences.length / median(times.get(name).map((one) => one[of])));
const full = await ways.get(ways.has("st") ? "st" : "embtune").vectors();
const results = [];
for (const [name, way] of ways) {
  const { data, cols } = await way.vectors();
  const cosines = sentences
    .map((_, i) => {
      let sum = 0;
      for (let k = i * cols; k < (i + 1) * cols; k++) sum += data[k] * full.data[k];
      return sum;
    })
    .sort((a, b) => a - b);
  results.push({
    way: name,
    textsPerSecond: rate(name, "seconds"),
    textsPerProcessorSecond: rate(name, "processor"),
    meanCosine: cosines.reduce((sum, x) => sum + x, 0) / cosines.length,
    percentile1: cosines[Math.floor(cosines.length / 100)],
    leastCosine: cosines[0],
  });
  await way.close();
}
await runtime.close();
rmSync(work, { recursive: true, force: true });
const versions = (path, names) => {
  const code = `import importlib.metadata as m;print(",".join(n+" "+m.version(n) for n in ${JSON.stringify(names)}))`;
  return path && spawnSync(path, ["-c", code], { encoding: "utf8" }).stdout.trim();
};
console.table(results);
const report = {
  machine: machine(),
  model: options.model.split("/").at(-1),
  sentences: sentences.length,
  rounds: Number(options.rounds),
  threads,
  versions: [
    versions(options.python, ["sentence-transformers", "torch"]),
    versions(options.openvino, ["openvino", "nncf", "onnxruntime"]),
    versions(options.fastembed, ["fastembed", "onnxruntime"]),
  ],
  results,
};
writeFileSync(options.out, `${JSON.stringify(report, undefined, 2)}\n`);
