// Does selection say what is so? Each task is trained as by default, a part of its rows is held out and chooses the point of the line
// (1−α)·start + α·tuned that goes out. Then the line is measured on a large test part of the same kind, which selected nothing. Beside it:
// by what rule should α be chosen? Selecting parts of several sizes are drawn from the test rows; each rule chooses on the part, and its
// regret is what the best α would have given more on the other rows.
//
//   npm run build && node bench/quality/selection.js [--tasks STS-B,scifact] [--tunes head,full] [--seeds 42,43,44] [--model minilm]
//                    [--threads 2] [--results DIR]
//
// A case is one file of bench/results/selection; cases that are there are skipped. The tables: node bench/quality/selection-table.js.
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { loadEncoder } from "../../dist/encoder/load.js";
import { normalizedRows } from "../../dist/evaluation/cosine.js";
import { metricOf } from "../../dist/evaluation/metric.js";
import { openModelSource } from "../../dist/export/model-source.js";
import { train } from "../../dist/index.js";
import { createRandom } from "../../dist/math/random.js";
import { openRuntime } from "../../dist/runtime/runtime.js";
import { openHead } from "../../dist/training/model/open-head.js";
import { machine } from "../machine.js";
import { writeRows } from "../rows-file.js";
import { miniLmFolder } from "../shared-data.js";
import { RULES } from "./selection-rules.js";
import { tasks } from "./selection-tasks.js";
import { warningsOf } from "./warnings.js";

const here = dirname(fileURLToPath(import.meta.url));
const { values } = parseArgs({
  options: {
    tasks: { type: "string", default: "" },
    tunes: { type: "string", default: "head,full" },
    seeds: { type: "string", default: "42,43,44" },
    model: { type: "string", default: "bundled" },
    threads: { type: "string", default: "2" },
    results: { type: "string", default: join(here, "../results/selection") },
  },
});
const threads = Number(values.threads);
const base = values.model === "minilm" ? { model: miniLmFolder } : {};

const SIZES = [50, 150, 500];
const DRAWS = 60;
const ALPHAS = Array.from({ length: 11 }, (_, i) => i / 10);

/** What selection chose, and by what. */
async function trainCase(task, { tune, seed }, folder) {
  const data = writeRows(join(folder, "rows.jsonl"), task.rows);
  const out = join(folder, "run");
  await train({ ...task.given, ...base, data, out, seed, tune, threads });
  const { result } = JSON.parse(readFileSync(join(out, "run.json"), "utf8"));
  const { alpha, by, curve } = result.interpolation;
  return { out, said: { alpha, by, curve, warnings: warningsOf(out) } };
}

/** The test part at each α. */
async function lineOf({ evaluator, key, given }, out, runtime) {
  const points = [];
  const { maxLength } = given;
  const encoder = await loadEncoder({ ...base, maxLength, runtime });
  const encode = onceEach((texts) => encoder.encode(texts, { prompt: "" }));
  for (const interpolate of ALPHAS) {
    const source = await openModelSource(out, runtime, { interpolate });
    const { weights, head } = source.content;
    const onBase = weights === undefined && head !== undefined;
    const { embed, release } = onBase ? await behindHead(head, encode, runtime) : source;
    points.push(await evaluator.run(embed));
    if (onBase) await release();
    await source.release();
  }
  await encoder.release();
  const [{ rows }] = points;
  return { rows, metrics: points.map((evaluation) => metricOf(evaluation, key)) };
}

/** Behind a head the encoder is the same at every point, so that each list of texts needs to go through it once only. */
function onceEach(encode) {
  const known = new Map();
  return async (texts) => {
    const id = JSON.stringify(texts);
    if (!known.has(id)) known.set(id, await encode([...texts]));
    return known.get(id);
  };
}

async function behindHead({ spec, parameters }, encode, runtime) {
  const { apply, release } = await openHead(runtime, spec);
  return {
    embed: async (texts) => normalizedRows(await apply(await encode(texts), parameters)),
    release,
  };
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

async function runCase(one, runtime) {
  const folder = mkdtempSync(join(tmpdir(), "embtune-selection-"));
  try {
    const task = await tasks[one.task](one.seed);
    const { out, said } = await trainCase(task, one, folder);
    const line = await lineOf(task, out, runtime);
    const sizes = SIZES.filter((size) => 2 * size <= line.rows);
    const rules = Object.fromEntries(sizes.map((size) => [size, regrets(line, size)]));
    const test = { key: task.key, rows: line.rows, curve: line.metrics.map(({ value }) => value) };
    return { machine: machine(), ...one, model: values.model, said, test, rules };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const nameOf = ({ task, tune, seed }) =>
  `${task.replaceAll(/\W+/g, "-")}-${values.model}-${tune.replace(":", "")}-${seed}`;

mkdirSync(values.results, { recursive: true });
const runtime = await openRuntime({ threads });
const chosen = values.tasks === "" ? Object.keys(tasks) : values.tasks.split(";");
for (const tune of values.tunes.split(","))
  for (const seed of values.seeds.split(",").map(Number))
    for (const task of chosen) {
      const path = join(values.results, `${nameOf({ task, tune, seed })}.json`);
      if (existsSync(path)) continue;
      const result = await runCase({ task, tune, seed }, runtime);
      writeFileSync(`${path}.part`, `${JSON.stringify(result)}\n`);
      renameSync(`${path}.part`, path);
      const { said, test } = result;
      const curve = test.curve.map((value) => (100 * value).toFixed(2)).join(" ");
      process.stdout.write(`${nameOf({ task, tune, seed })}: α ${said.alpha}; test ${curve}\n`);
    }
await runtime.close();
