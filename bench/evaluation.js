// What statistics and search cost beyond embedding: bootstrap and permutation of 10,000 resamples on 10,000 rows, a second for each kind of
// metric, and 300 queries that search 5,183 documents (the size of SciFact). Run: npm run build && node bench/evaluation.js [--write]
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { sampleMetrics } from "../dist/evaluation/bootstrap.js";
import { correlationMetrics } from "../dist/evaluation/correlation-metrics.js";
import { pairMetrics } from "../dist/evaluation/evaluators/binary-classification.js";
import { retrievalEvaluator } from "../dist/evaluation/evaluators/retrieval.js";
import { meanMetric } from "../dist/evaluation/mean-metric.js";
import { permutationP } from "../dist/evaluation/permutation.js";
import { createRandom } from "../dist/math/random.js";
import { machine } from "./machine.js";

const ROWS = 10_000;
const random = createRandom(1);
const normals = (n) => Float64Array.from({ length: n }, () => random.normal());

/** Wall and processor seconds of some work. */
async function timed(work) {
  const cpu = process.cpuUsage();
  const begun = performance.now();
  await work();
  const { user, system } = process.cpuUsage(cpu);
  return { seconds: (performance.now() - begun) / 1000, cpu: (user + system) / 1e6 };
}

const x = normals(ROWS);
const near = Float64Array.from(x, (value) => value + random.normal());
const graded = near.map((value) => Math.round(2 * value) / 2);
const labels = Uint8Array.from(near, (value) => (value > 0 ? 1 : 0));
const other = Float64Array.from(x, (value) => value + 0.3 * random.normal());

/** The metrics of two models on the same rows. */
const kinds = {
  "spearman, scores all different": [x, other].map((s) => correlationMetrics("cosine", s, near)[0]),
  "spearman, scores of some grades": [x, other].map(
    (s) => correlationMetrics("cosine", s, graded)[0],
  ),
  pearson: [x, other].map((s) => correlationMetrics("cosine", s, near)[1]),
  "mean of rows (accuracy, MRR, nDCG)": [x, other].map((s) => meanMetric("mean", s)),
  "average precision": [x, other].map((s) => pairMetrics(s, labels)[0]),
};

const results = {};
for (const [name, [base, tuned]] of Object.entries(kinds)) {
  results[`bootstrap: ${name}`] = await timed(() => sampleMetrics([base], { rows: ROWS }));
  results[`permutation: ${name}`] = await timed(() => permutationP(base.swap, tuned.swap));
}

const [QUERIES, DOCUMENTS, DIMENSIONS] = [300, 5183, 384];
const identified = (count, name) =>
  Array.from({ length: count }, (_, i) => ({ id: `${name}${i}`, text: `${name} ${i}`, line: i }));
const sets = {
  queries: identified(QUERIES, "q"),
  corpus: identified(DOCUMENTS, "d"),
  qrels: Array.from({ length: QUERIES }, (_, i) => ({
    query: `q${i}`,
    document: `d${17 * i}`,
    relevance: 1,
  })),
};
const vectors = new Map();
for (const rows of [QUERIES, DOCUMENTS])
  vectors.set(rows, {
    rows,
    cols: DIMENSIONS,
    data: Float32Array.from(normals(rows * DIMENSIONS)),
  });
const evaluator = retrievalEvaluator(sets);
results["retrieval: 300 queries, 5,183 documents, 384 dimensions"] = await timed(() =>
  evaluator.run(async (texts) => vectors.get(texts.length)),
);

for (const [name, { seconds, cpu }] of Object.entries(results))
  console.log(`${name.padEnd(56)} ${seconds.toFixed(2)} s, processor ${cpu.toFixed(2)} s`);
if (process.argv.includes("--write")) {
  const file = join(import.meta.dirname, "results", "evaluation.json");
  writeFileSync(file, `${JSON.stringify({ machine: machine(), results }, null, 2)}\n`);
}
