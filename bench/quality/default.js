// `embtune train FILE --tune full` with its defaults beside sentence-transformers' own recipe: six tasks, two encoders, three seeds. A cell is
// one side of one task, encoder and seed, and one file of bench/results/default; cells that are there are skipped, so the same command
// goes on after a stop.
//
//   npm run build && node bench/quality/default.js [--list] [--only stsb-bundled] [--encoders bundled] [--seeds 42] [--sides embtune,peer]
//                    [--python python3] [--threads 2] [--results DIR]
//
// --sides: base, embtune, peer; embtune with one thing changed: interpolate-off, average, average-interpolate-off, guide, hardness, directions, dropout,
// epochs-1, epochs-10, epochs-20, former (2e-5 without dropout, the defaults before); and peer-5e-5, the peer at embtune's rate.
// --python: an interpreter with bench/python/requirements.txt. The table: node bench/quality/default-table.js. How it is done: README.md.
import { spawnSync } from "node:child_process";
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
import { bootstrap } from "../../dist/evaluation/bootstrap.js";
import { metricOf } from "../../dist/evaluation/metric.js";
import { loadModel } from "../../dist/jobs/load-model.js";
import { planTraining } from "../../dist/training/plan/plan.js";
import { machine } from "../machine.js";
import { writeRows } from "../rows-file.js";
import { miniLmFolder } from "../shared-data.js";
import { tasks } from "./default-tasks.js";
import { warningsOf } from "./warnings.js";

const here = dirname(fileURLToPath(import.meta.url));
const root = join(here, "../..");
const { values: options } = parseArgs({
  options: {
    list: { type: "boolean", default: false },
    only: { type: "string", default: "" },
    encoders: { type: "string", default: "bundled,minilm" },
    seeds: { type: "string", default: "42,43,44" },
    sides: { type: "string", default: "base,embtune,peer" },
    python: { type: "string", default: "python3" },
    threads: { type: "string", default: "2" },
    results: { type: "string", default: join(here, "../results/default") },
  },
});
const resamples = 1_000;
const encoders = { bundled: join(root, "models/embtune-mini-en"), minilm: miniLmFolder };
const fivePercent = ["--guide", "base", "--guide-margin", "5%"];

/** What each side of embtune is told beside its defaults. */
const variants = {
  embtune: [],
  "interpolate-off": ["--interpolate", "off"],
  average: ["--average", "ema:0.99"],
  "average-interpolate-off": ["--average", "ema:0.99", "--interpolate", "off"],
  guide: fivePercent,
  hardness: ["--hardness", "5"],
  directions: ["--directions", "all"],
  dropout: ["--dropout", "config"],
  "epochs-1": ["--epochs", "1"],
  // Ten as by default, but without patience, which a typed number has not.
  "epochs-10": ["--epochs", "10"],
  "epochs-20": ["--epochs", "20"],
  former: ["--lr", "2e-5", "--dropout", "0"],
};
/** sentence-transformers' recipe, and the same at embtune's rate. */
const peers = { peer: "2e-5", "peer-5e-5": "5e-5" };
/** Those that only objectives of pairs with candidates take. */
const ofCandidates = new Set(["guide", "hardness", "directions"]);
const withCandidates = new Set(["scifact", "snli"]);

/** Smallest task first; within a task one seed after the other, the sides together. */
function queue() {
  const [models, seeds, sides] = [options.encoders, options.seeds, options.sides].map((text) =>
    text.split(","),
  );
  return models.flatMap((encoder) =>
    seeds.flatMap((seed, i) =>
      Object.keys(tasks).flatMap((task) =>
        sides
          .filter((side) => side !== "base" || i === 0)
          .filter((side) => !ofCandidates.has(side) || withCandidates.has(task))
          .map((side) => ({ task, encoder, seed: Number(seed), side })),
      ),
    ),
  );
}

const nameOf = ({ task, encoder, seed, side }) =>
  side === "base" ? `${task}-${encoder}-base` : `${task}-${encoder}-${seed}-${side}`;

function run(command, args) {
  const { status, stdout, stderr } = spawnSync(command, args, {
    encoding: "utf8",
    cwd: root,
    maxBuffer: 2 ** 28,
  });
  if (status !== 0) throw new Error(`${command} ${args[0]} ended with ${status}: ${stderr}`);
  return stdout;
}

/** The files of a cell, and the plan that embtune makes of them: the peer gets its epochs and evaluates as often. */
async function prepare(task, { encoder, seed }, work) {
  const file = (name) => join(work, `${name}.jsonl`);
  const peer = task.peer ?? task;
  for (const [name, rows] of Object.entries({ train: task.train, select: task.select }))
    writeRows(file(name), rows);
  for (const name of ["train", "select"]) writeRows(file(`peer-${name}`), peer[name]);
  const plan = await planTraining({
    data: file("train"),
    eval: file("select"),
    out: join(work, "planned"),
    model: encoders[encoder],
    tune: "full",
    seed,
  });
  return { file, plan };
}

function trainOurs({ encoder, seed, side }, { file, out }) {
  const given = ["--model", encoders[encoder], "--tune", "full", "--seed", String(seed)];
  const where = ["--out", out, "--threads", options.threads, "--no-report"];
  const data = [file("train"), "--eval", file("select")];
  const started = performance.now();
  run(process.execPath, [
    "bin/embtune.js",
    "train",
    ...data,
    ...given,
    ...variants[side],
    ...where,
  ]);
  const seconds = (performance.now() - started) / 1000;
  const { result } = JSON.parse(readFileSync(join(out, "run.json"), "utf8"));
  return { seconds, result, warnings: warningsOf(out) };
}

function trainPeer({ encoder, seed, side }, { kind, plan, work, out }) {
  const { epochs } = plan.settings;
  const settings = {
    folder: work,
    out,
    kind,
    seed,
    epochs,
    "eval-steps": plan.evalEvery,
    threads: options.threads,
    lr: peers[side],
    model: encoders[encoder],
  };
  const args = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, String(value)]);
  const output = run(options.python, [join(root, "bench/python/default_peer.py"), ...args]);
  return JSON.parse(output.trim().split("\n").at(-1));
}

/** Every set's metric with its values on the same resamples in each cell, so that any two cells can be compared row by row. */
async function scores(task, vectorsOf) {
  const measured = [];
  for (const [foreign, sets] of [
    [false, task.sets],
    [true, task.foreign],
  ])
    for (const { name, evaluator, key } of sets) {
      const evaluation = await evaluator.run(vectorsOf);
      const { value, resampled } = metricOf(evaluation, key);
      const { rows, units } = evaluation;
      const [samples] = bootstrap([resampled], { rows, units, resamples });
      const rounded = Array.from(samples, (x) => Number(x.toFixed(5)));
      measured.push({ set: name, foreign, key, n: rows, value, samples: rounded });
    }
  return measured;
}

async function embedWith(folder) {
  const model = await loadModel(folder, { threads: Number(options.threads) });
  return { embed: (texts) => model.encode([...texts]), release: () => model.release() };
}

/** The peer embeds the texts of the sets itself, in the order of texts.json. */
function lookUp(texts, path) {
  const bytes = readFileSync(path);
  const all = new Float32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4);
  const cols = all.length / texts.length;
  const rows = new Map(texts.map((text, i) => [text, i]));
  return async (wanted) => {
    const data = new Float32Array(wanted.length * cols);
    wanted.forEach((text, i) => {
      const start = rows.get(text) * cols;
      data.set(all.subarray(start, start + cols), i * cols);
    });
    return { rows: wanted.length, cols, data };
  };
}

async function runCell(cell, work) {
  const task = await tasks[cell.task]();
  const out = join(work, "run");
  const { file, plan } = await prepare(task, cell, work);
  const { epochs, batchSize, objective } = plan.settings;
  const common = { machine: machine(), ...cell, rows: task.train.length, epochs, batchSize };
  if (cell.side in peers) {
    const texts = [...new Set([...task.sets, ...task.foreign].flatMap((set) => set.texts))];
    writeFileSync(join(work, "texts.json"), JSON.stringify(texts));
    const told = trainPeer(cell, { kind: task.kind, plan, work, out });
    return {
      ...common,
      ...told,
      scores: await scores(task, lookUp(texts, join(work, "peer.f32"))),
    };
  }
  const ours = cell.side === "base" ? {} : trainOurs(cell, { file, out });
  const model = await embedWith(cell.side === "base" ? encoders[cell.encoder] : out);
  const measured = await scores(task, model.embed);
  await model.release();
  return { ...common, objective, ...ours, scores: measured };
}

mkdirSync(options.results, { recursive: true });
for (const cell of queue().filter((one) => nameOf(one).includes(options.only))) {
  const path = join(options.results, `${nameOf(cell)}.json`);
  if (options.list)
    process.stdout.write(`${existsSync(path) ? "done" : "    "}  ${nameOf(cell)}\n`);
  if (options.list || existsSync(path)) continue;
  const work = mkdtempSync(join(tmpdir(), "embtune-default-"));
  try {
    const result = await runCell(cell, work);
    // Names of its files, not where they lay.
    writeFileSync(`${path}.part`, `${JSON.stringify(result).replaceAll(`${work}/`, "")}\n`);
    renameSync(`${path}.part`, path);
    const told = result.scores.map(({ set, value }) => `${set} ${(100 * value).toFixed(2)}`);
    process.stdout.write(`${new Date().toISOString()} ${nameOf(cell)}: ${told.join(", ")}\n`);
  } catch (error) {
    process.stdout.write(`${new Date().toISOString()} ${nameOf(cell)} failed: ${error.message}\n`);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}
