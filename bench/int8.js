// What 8-bit products cost in exactness: vectors of `embtune export --dtype q8` beside the float32 ones, on the sentences of STS-B dev.
//
//   npm run build && node bench/int8.js [--model FOLDER] [--pairs 1500]
//
// Mean, 1st percentile and least cosine to float32, spearman of the pairs and overlap@10: of each text's ten nearest neighbours among the
// texts, the share that stays. `alone`: the least cosine of a text's vector alone to its vector among the others. Rates are those of
// bench/encode-peers.js. Writes bench/results/int8.json.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { loadEncoder } from "../dist/encoder/load.js";
import { spearman } from "../dist/math/statistics.js";
import { openRuntime } from "../dist/runtime/runtime.js";
import { machine } from "./machine.js";
import { measureCommand } from "./measure-command.js";
import { miniLmFolder, table } from "./shared-data.js";

const { values: options } = parseArgs({
  options: {
    model: { type: "string", default: miniLmFolder },
    pairs: { type: "string", default: "1500" },
  },
});
const NEIGHBOURS = 10;
/** Texts that are encoded alone as well. */
const ALONE = 200;
const rows = table("stsb/dev.csv").slice(0, Number(options.pairs));
const texts = [...new Set(rows.flatMap(({ sentence1, sentence2 }) => [sentence1, sentence2]))];
const place = new Map(texts.map((text, i) => [text, i]));

const work = mkdtempSync(join(tmpdir(), "embtune bench "));
const quantized = join(work, "q8");
measureCommand(["export", options.model, "--to", quantized, "--dtype", "q8", "--quiet"]);
const runtime = await openRuntime();
const encoders = {
  float32: await loadEncoder({ runtime, model: options.model }),
  int8: await loadEncoder({ runtime, model: quantized, dtype: "q8" }),
};

const row = ({ data, cols }, i) => data.subarray(i * cols, (i + 1) * cols);
const dot = (a, b) => a.reduce((sum, x, k) => sum + x * b[k], 0);
const mean = (list) => list.reduce((sum, x) => sum + x, 0) / list.length;

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
  return spearman(
    cosines,
    rows.map((one) => Number(one.score)),
  );
}

async function leastAlone(encoder, together) {
  let least = 1;
  for (let i = 0; i < ALONE; i++) {
    const alone = await encoder.encode([texts[i]]);
    least = Math.min(least, dot(alone.data, row(together, i)));
  }
  return least;
}

const full = await encoders.float32.encode(texts);
const near = neighbours(full);
const results = [];
for (const [weights, encoder] of Object.entries(encoders)) {
  const vectors = await encoder.encode(texts);
  const cosines = texts.map((_, i) => dot(row(full, i), row(vectors, i))).sort((a, b) => a - b);
  const found = neighbours(vectors).map((set, i) => [...set].filter((j) => near[i].has(j)).length);
  results.push({
    weights,
    meanCosine: mean(cosines),
    percentile1: cosines[Math.floor(cosines.length / 100)],
    leastCosine: cosines[0],
    spearman: score(vectors),
    overlap10: mean(found) / NEIGHBOURS,
    alone: await leastAlone(encoder, vectors),
  });
}
await runtime.close();
rmSync(work, { recursive: true, force: true });
console.table(results);
const report = {
  machine: machine(),
  model: options.model.split("/").at(-1),
  texts: texts.length,
  results,
};
const path = join(dirname(fileURLToPath(import.meta.url)), "results/int8.json");
writeFileSync(path, `${JSON.stringify(report, undefined, 2)}\n`);
