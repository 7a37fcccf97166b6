// Sentences a second of embtune's encoder beside the fastest ways there are in Python, in turn in every round, and how near each is to
// float32 (sentence-transformers' vectors).
//
//   npm run build && node bench/encode-peers.js [--model FOLDER] [--sentences 2000] [--rounds 3]
//     --python PYTHON (sentence-transformers, torch, onnx)  --openvino PYTHON (openvino, nncf, onnx, onnxruntime, tokenizers)
//     --fastembed PYTHON (fastembed)
//
// Data: distinct sentences of STS Benchmark and SICK from ../shared/data. Each way is a process that stays and has warmed up; a round asks one
// after the other (python/encode_peers.py says what each does). Two threads. Writes bench/results/encode-peers.json.
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
    python: { type: "string" },
    openvino: { type: "string" },
    fastembed: { type: "string" },
  },
});
const work = mkdtempSync(join(tmpdir(), "embtune bench "));
const sentences = readSentences(join(here, "../../shared"), Number(options.sentences));
const list = join(work, "texts.json");
writeFileSync(list, JSON.stringify(sentences));

const runtime = await openRuntime({ threads: 2 });
async function own(model, dtype) {
  const encoder = await loadEncoder({ runtime, model, dtype });
  let vectors = await encoder.encode(sentences.slice(0, 256));
  const round = async () => {
    const start = performance.now();
    vectors = await encoder.encode(sentences);
    return (performance.now() - start) / 1000;
  };
  return { round, vectors: async () => vectors, close: async () => {} };
}

async function peer(python, kind) {
  const script = join(here, "python/encode_peers.py");
  const args = [script, "--kind", kind, "--model", options.model, "--texts", list];
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
      return Number(await next((line) => /^[\d.]+$/.test(line)));
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
for (const [name, ofPython] of Object.entries(kinds)) {
  if (options[name] === undefined) continue;
  for (const kind of ofPython) ways.set(kind, await peer(options[name], kind));
}

const seconds = new Map([...ways.keys()].map((name) => [name, []]));
for (let round = 0; round < Number(options.rounds); round++)
  for (const [name, way] of ways) seconds.get(name).push(await way.round());

const median = (numbers) => numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)];
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
    textsPerSecond: Math.round(sentences.length / median(seconds.get(name))),
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
  versions: [
    versions(options.python, ["sentence-transformers", "torch"]),
    versions(options.openvino, ["openvino", "nncf", "onnxruntime"]),
    versions(options.fastembed, ["fastembed", "onnxruntime"]),
  ],
  results,
};
writeFileSync(join(here, "results/encode-peers.json"), `${JSON.stringify(report, undefined, 2)}\n`);
