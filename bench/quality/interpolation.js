// By what rule should the selecting data choose α of (1−α)·start + α·tuned? Trains tasks of this folder on the bundled encoder, or on
// all-MiniLM-L6-v2, measures the line, and draws selecting parts of several sizes from the measured rows: each rule chooses on the
// part, and its regret is what the best α would have given more on the other rows, which selected nothing.
//
//   npm run build && node bench/quality/interpolation.js [--tasks stsb,snli] [--seeds 42,43] [--model minilm] [--json FILE]
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { openModelSource } from "../../dist/export/model-source.js";
import { train } from "../../dist/index.js";
import { createRandom } from "../../dist/math/random.js";
import { openRuntime } from "../../dist/runtime/runtime.js";
import { dataFolder, miniLmFolder } from "../shared-data.js";
import { RULES } from "./interpolation-rules.js";
import { groups } from "./tasks.js";

const { values } = parseArgs({
  options: {
    tasks: { type: "string", default: "stsb,snli,banking,scifact" },
    seeds: { type: "string", default: "42,43" },
    model: { type: "string", default: "bundled" },
    json: { type: "string" },
  },
});

const SIZES = [50, 150, 500];
const DRAWS = 60;
const ALPHAS = Array.from({ length: 11 }, (_, i) => i / 10);

/** The metrics of a task's measured rows at each α. */
async function lineOf(task, seed, runtime) {
  const folder = mkdtempSync(join(tmpdir(), "embtune-line-"));
  try {
    const data = join(folder, "rows.jsonl");
    writeFileSync(data, `${task.rows.map((row) => JSON.stringify(row)).join("\n")}\n`);
    const out = join(folder, "run");
    await train({
      ...{ epochs: 2, ...task.train, data, out, seed, tune: "full", maxLength: 128 },
      ...{ lr: 2e-5, dropout: 0 },
      // Measured twice and never chosen by; without it a tenth of the rows would be held out.
      ...{ eval: join(dataFolder, "stsb/dev.csv"), interpolate: 1, evalEvery: 1e6 },
      ...(values.model === "minilm" ? { model: miniLmFolder } : {}),
    });
    const points = [];
    for (const alpha of ALPHAS) {
      const source = await openModelSource(out, runtime, { interpolate: alpha });
      const sets = [];
      for (const { evaluator, keys } of task.sets) {
        const { rows, metrics } = await evaluator.run((texts) => source.embed(texts));
        sets.push({ rows, metric: metrics.find(({ key }) => key === keys[0]) });
      }
      await source.release();
      points.push(sets);
    }
    return task.sets.map(({ name, keys }, i) => ({
      name: `${name}, ${keys[0]}`,
      rows: points[0][i].rows,
      metrics: points.map((sets) => sets[i].metric),
    }));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** `size` of `rows` rows as counts, and the counts of the others. */
function divided(rows, size, random) {
  const order = Array.from({ length: rows }, (_, i) => i);
  for (let i = 0; i < size; i++) {
    const k = i + Math.floor(random.uniform() * (rows - i));
    [order[i], order[k]] = [order[k], order[i]];
  }
  const part = new Uint32Array(rows);
  for (const row of order.slice(0, size)) part[row] = 1;
  return { part, rest: part.map((count) => 1 - count), drawn: order.slice(0, size) };
}

/** Mean regret ×100 of each rule, and how often it chose α = 0. */
function regrets({ rows, metrics }, size) {
  const random = createRandom(42, `regret ${size}`);
  const sums = Object.fromEntries(Object.keys(RULES).map((name) => [name, { regret: 0, base: 0 }]));
  for (let draw = 0; draw < DRAWS; draw++) {
    const { part, rest, drawn } = divided(rows, size, random);
    const seen = metrics.map(({ resampled }) => resampled(part));
    const unseen = metrics.map(({ resampled }) => resampled(rest));
    const resample = () => {
      const counts = new Uint32Array(rows);
      for (let i = 0; i < size; i++) counts[drawn[Math.floor(random.uniform() * size)]] += 1;
      return metrics.map(({ resampled }) => resampled(counts));
    };
    const resamples = Array.from({ length: 30 }, resample);
    const best = Math.max(...unseen);
    for (const [name, rule] of Object.entries(RULES)) {
      const chosen = rule({ alphas: ALPHAS, seen, resamples });
      sums[name].regret += (100 * (best - unseen[chosen])) / DRAWS;
      sums[name].base += chosen === 0 ? 1 / DRAWS : 0;
    }
  }
  return sums;
}

const results = [];
const runtime = await openRuntime({ threads: 2 });
for (const name of values.tasks.split(","))
  for (const seed of values.seeds.split(",").map(Number)) {
    const task = await groups[name](runtime);
    for (const line of await lineOf(task, seed, runtime)) {
      const curve = line.metrics.map(({ value }) => (100 * value).toFixed(2));
      process.stdout.write(`${name} ${seed} ${line.name}, ${line.rows} rows: ${curve.join(" ")}\n`);
      for (const size of SIZES.filter((own) => 2 * own <= line.rows)) {
        const rules = regrets(line, size);
        results.push({ task: name, seed, measured: line.name, size, curve, rules });
        for (const [rule, { regret, base }] of Object.entries(rules))
          process.stdout.write(
            `  ${size} rows  ${rule.padEnd(28)} regret ${regret.toFixed(3)}  base ${(100 * base).toFixed(0)} %\n`,
          );
      }
    }
  }
await runtime.close();
process.stdout.write("mean over tasks, seeds and sizes\n");
for (const rule of Object.keys(RULES)) {
  const mean = results.reduce((sum, { rules }) => sum + rules[rule].regret, 0) / results.length;
  process.stdout.write(`  ${rule.padEnd(28)} ${mean.toFixed(3)}\n`);
}
if (values.json !== undefined) writeFileSync(values.json, JSON.stringify(results, null, 1));
