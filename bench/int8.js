// What 8-bit products cost in exactness: vectors of a q8 model beside the float32 ones, on the sentences of STS-B dev.
//
//   npm run build && node bench/int8.js [--model FOLDER] [--pairs 1500] [--bits 8,7] [--threads 2]
//
// Mean, 1st percentile and least cosine to float32, spearman of the pairs and overlap@10: of each text's ten nearest neighbours among the
// texts, the share that stays. 8-bit weights are what `embtune export --dtype q8` writes where the processor has VNNI, 7-bit ones elsewhere.
// Products are computed as the file says, in floating point: exact whatever the processor, but slow; rates are those of bench/embed.js.
// `alone`: the largest difference between a text's numbers alone and among 32 others (float32 rounds anew in every batch). Mean pooling only. Writes bench/results/int8.json.
import { writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { tunedTokenModel } from "../dist/export/model-content.js";
import { openModelSource } from "../dist/export/model-source.js";
import { activationRanges } from "../dist/export/precision/activation-ranges.js";
import { quantize } from "../dist/export/precision/quantize.js";
import { spearman } from "../dist/math/statistics.js";
import { encode } from "../dist/onnx/model.js";
import { openRuntime } from "../dist/runtime/runtime.js";
import { machine } from "./machine.js";
import { miniLmFolder, table } from "./shared-data.js";

const { values: options } = parseArgs({
  options: {
    model: { type: "string", default: miniLmFolder },
    pairs: { type: "string", default: "1500" },
    bits: { type: "string", default: "8,7" },
    threads: { type: "string", default: "2" },
  },
});
const NEIGHBOURS = 10;
const rows = table("stsb/dev.csv").slice(0, Number(options.pairs));
const texts = [...new Set(rows.flatMap(({ sentence1, sentence2 }) => [sentence1, sentence2]))];
const place = new Map(texts.map((text, i) => [text, i]));

const runtime = await openRuntime({ threads: Number(options.threads) });
const source = await openModelSource(options.model, runtime);
if (source.content.encoder.pooling !== "mean") throw new Error("mean pooling only");
const { model } = await tunedTokenModel(source.content);
const output = model.graph.output[0].name;
const ranges = await activationRanges(model, runtime, source.encodeWith);

/** Unit vectors of texts, mean of the tokens, without ONNX Runtime's fusions of 8-bit products. */
async function vectorsOf(proto, given, batchSize) {
  const session = await runtime.createSession(encode(proto), { optimization: "basic" });
  const inputs = proto.graph.input.map(({ name }) => name);
  const width = source.content.encoder.dimension;
  const run = async (feeds) => {
    const { [output]: hidden } = await session.run(feeds, [output]);
    return pooled(hidden, feeds.attention_mask);
  };
  const vectors = await source.encodeWith({ run, inputs, width, normalize: true }, given, {
    batchSize,
  });
  await session.release();
  return vectors;
}

function pooled({ data, shape: [texts, tokens, width] }, mask) {
  const sums = new Float32Array(texts * width);
  for (let t = 0; t < texts * tokens; t++) {
    if (Number(mask.data[t]) === 0) continue;
    const to = Math.floor(t / tokens) * width;
    for (let k = 0; k < width; k++) sums[to + k] += data[t * width + k];
  }
  return { dtype: "float32", shape: [texts, width], data: sums };
}

const row = ({ data, cols }, i) => data.subarray(i * cols, (i + 1) * cols);
const dot = (a, b) => a.reduce((sum, x, k) => sum + x * b[k], 0);

function neighbours(vectors) {
  return texts.map((_, i) => {
    const scores = texts.map((_, j) => (i === j ? -2 : dot(row(vectors, i), row(vectors, j))));
    const order = scores.map((_, j) => j).sort((a, b) => scores[b] - scores[a]);
    return new Set(order.slice(0, NEIGHBOURS));
  });
}

function score(vectors) {
  const vector = (text) => row(vectors, place.get(text));
  const cosines = rows.map(({ sentence1, sentence2 }) => dot(vector(sentence1), vector(sentence2)));
  const gold = rows.map((one) => Number(one.score));
  return spearman(cosines, gold);
}

const full = await vectorsOf(model, texts);
const near = neighbours(full);
const results = [{ bits: 32, spearman: score(full) }];
for (const bits of options.bits.split(",").map(Number)) {
  const quantized = quantize(model, { bits, ranges });
  const vectors = await vectorsOf(quantized, texts);
  const cosines = texts.map((_, i) => dot(row(full, i), row(vectors, i))).sort((a, b) => a - b);
  const found = neighbours(vectors).map((set, i) => [...set].filter((j) => near[i].has(j)).length);
  const few = texts.slice(0, 33);
  const [together, alone] = [await vectorsOf(quantized, few), await vectorsOf(quantized, few, 1)];
  const mean = (list) => list.reduce((sum, x) => sum + x, 0) / list.length;
  results.push({
    bits,
    meanCosine: mean(cosines),
    percentile1: cosines[Math.floor(cosines.length / 100)],
    leastCosine: cosines[0],
    spearman: score(vectors),
    overlap10: mean(found) / NEIGHBOURS,
    alone: alone.data.reduce((most, x, i) => Math.max(most, Math.abs(x - together.data[i])), 0),
  });
}
await source.release();
await runtime.close();
console.table(results);
const report = {
  machine: machine(),
  model: options.model.split("/").at(-1),
  texts: texts.length,
  results,
};
const path = join(dirname(fileURLToPath(import.meta.url)), "results/int8.json");
writeFileSync(path, `${JSON.stringify(report, undefined, 2)}\n`);
