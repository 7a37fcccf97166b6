// Sentences a second of embtune's encoder beside a plain transformers.js pipeline, in the same process and minute.
//
//   npm run build && node bench/encode.js [--model FOLDER] [--sentences 8000] [--rounds 3]
//
// Data: distinct sentences of STS Benchmark and SICK from ../shared/data. The pipeline gets them in order of length, 64 at a
// time; embtune gets them as they come. Rounds alternate; the first, short one warms both up. Writes bench/results/encode.json.
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { env, pipeline } from "@xenova/transformers";
import { loadEncoder } from "../dist/encoder/load.js";
import { openRuntime } from "../dist/runtime/runtime.js";
import { machine } from "./machine.js";
import { readSentences } from "./sentences.js";

const here = dirname(fileURLToPath(import.meta.url));
const shared = join(here, "../../shared");
const { values: options } = parseArgs({
  options: {
    model: { type: "string", default: join(shared, "models/all-MiniLM-L6-v2") },
    sentences: { type: "string", default: "8000" },
    rounds: { type: "string", default: "3" },
  },
});

async function withPipeline(extractor, sentences) {
  const order = sentences
    .map((_, i) => i)
    .sort((a, b) => sentences[a].length - sentences[b].length);
  const rows = new Array(sentences.length);
  for (let start = 0; start < order.length; start += 64) {
    const batch = order.slice(start, start + 64);
    const output = await extractor(
      batch.map((i) => sentences[i]),
      { pooling: "mean", normalize: true },
    );
    const [, width] = output.dims;
    batch.forEach((i, row) => {
      rows[i] = output.data.slice(row * width, (row + 1) * width);
    });
  }
  return rows;
}

async function timed(work) {
  const start = performance.now();
  const result = await work();
  return { result, seconds: (performance.now() - start) / 1000 };
}

function largestDifference(matrix, rows) {
  let largest = 0;
  rows.forEach((row, i) => {
    row.forEach((x, k) => {
      largest = Math.max(largest, Math.abs(x - matrix.data[i * matrix.cols + k]));
    });
  });
  return largest;
}

const median = (numbers) => [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)];

env.allowRemoteModels = false;
const sentences = readSentences(shared, Number(options.sentences));
const runtime = await openRuntime();
const encoder = await loadEncoder({ model: options.model, runtime });
const extractor = await pipeline("feature-extraction", resolve(options.model), { dtype: "fp32" });
await encoder.encode(sentences.slice(0, 256));
await withPipeline(extractor, sentences.slice(0, 256));

const rounds = [];
let difference = 0;
for (let round = 0; round < Number(options.rounds); round++) {
  const ours = await timed(() => encoder.encode(sentences));
  const plain = await timed(() => withPipeline(extractor, sentences));
  difference = largestDifference(ours.result, plain.result);
  rounds.push({
    embtune: sentences.length / ours.seconds,
    pipeline: sentences.length / plain.seconds,
    ratio: plain.seconds / ours.seconds,
  });
  console.log(rounds.at(-1));
}
const tokens = encoder.tokenize(sentences).reduce((sum, ids) => sum + ids.length, 0);
const result = {
  command: `node bench/encode.js --sentences ${options.sentences} --rounds ${options.rounds}`,
  machine: { ...machine(), threads: runtime.threads },
  model: encoder.info.name,
  sentences: sentences.length,
  tokensPerSentence: tokens / sentences.length,
  unit: "sentences a second",
  rounds,
  median: {
    embtune: median(rounds.map(({ embtune }) => embtune)),
    pipeline: median(rounds.map((round) => round.pipeline)),
    ratio: median(rounds.map(({ ratio }) => ratio)),
  },
  target: { ratio: 1.1 },
  largestDifference: difference,
};
mkdirSync(join(here, "results"), { recursive: true });
writeFileSync(join(here, "results/encode.json"), `${JSON.stringify(result, null, 2)}\n`);
console.log(
  result.median,
  `largest difference of two vectors' numbers ${difference.toExponential(1)}`,
);
await extractor.dispose();
await encoder.release();
await runtime.close();
