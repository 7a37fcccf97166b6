// Quality of what is tuned, beside sentence-transformers: four tasks, two encoders, full, last:2, lora and head. A cell is one file of
// bench/quality/results; cells that are there are skipped.
//
//   npm run build && node bench/quality/run.js [--list] [--only snli-minilm-full] [--python python3] [--work DIR]
//
// --only: cells whose name contains this. --python: an interpreter with bench/python/requirements.txt. --work: where
// vectors and batches go (default: a temporary folder); the base models' vectors there are used again. How it is done: README.md.
import { spawnSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { openRuntime } from "../../dist/runtime/runtime.js";
import { machine } from "../machine.js";
import { scoreTask } from "./score.js";
import { groups } from "./tasks.js";

const here = dirname(fileURLToPath(import.meta.url));
const results = join(here, "results");
const { values: options } = parseArgs({
  options: {
    list: { type: "boolean", default: false },
    only: { type: "string", default: "" },
    python: { type: "string", default: "python3" },
    work: { type: "string" },
  },
});

/**
 * Full tuning of all-MiniLM-L6-v2 has the peer and three seeds; the rest one seed and no peer. The further seeds of scifact and
 * banking come last, since their long texts make the peer slow.
 */
function queue() {
  const names = Object.keys(groups);
  const all = (model, tune, { seed = 42, peer = false, only = names } = {}) =>
    only.map((task) => ({ task, model, tune, seed, peer }));
  const peers = (seeds, only) =>
    seeds.flatMap((seed) => all("minilm", "full", { seed, peer: true, only }));
  return [
    ...peers([42], names),
    ...peers([43, 44], ["snli", "stsb"]),
    ...["full", "last:2", "lora", "head"].flatMap((tune) => all("bundled", tune)),
    ...["last:2", "lora", "head"].flatMap((tune) => all("minilm", tune)),
    ...peers([43, 44], ["scifact", "banking"]),
  ];
}

const nameOf = ({ task, model, tune, seed }) => `${task}-${model}-${tune.replace(":", "")}-${seed}`;

/** The last line that a process prints, as JSON. */
function figures(command, args) {
  const { status, stdout } = spawnSync(command, args, {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "inherit"],
    maxBuffer: 2 ** 28,
  });
  if (status !== 0) throw new Error(`${command} ${args[0]} ended with ${status}`);
  return JSON.parse(stdout.trim().split("\n").at(-1));
}

function vectorsOf(folder, names) {
  const read = (name) => {
    const bytes = readFileSync(join(folder, `${name}.f32`));
    return new Float32Array(
      bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength),
    );
  };
  return Object.fromEntries(names.map((name) => [name, read(name)]));
}

function runPeer(
  folder,
  { objective, temperature, scale, lr, warmup, maxLength, weightDecay, maxGradNorm },
) {
  const settings = {
    objective,
    scale: scale ?? 1 / temperature,
    lr,
    warmup,
    "max-length": maxLength,
    "weight-decay": weightDecay,
    "max-grad-norm": maxGradNorm,
  };
  const typed = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, String(value)]);
  const script = join(here, "../python/quality_peer.py");
  return figures(options.python, [script, "--folder", folder, ...typed, "--json"]);
}

async function runCell(cell, work) {
  const folder = join(work, `${cell.task}-${cell.model}`);
  mkdirSync(folder, { recursive: true });
  const input = JSON.stringify({ ...cell, folder });
  const ours = figures(process.execPath, [join(here, "train.js"), input]);
  const peer = cell.peer ? runPeer(folder, ours.settings) : undefined;
  const runtime = await openRuntime({ threads: 2 });
  const names = ["base", "tuned", ...(cell.peer ? ["peer"] : [])];
  const scores = await scoreTask(await groups[cell.task](runtime), vectorsOf(folder, names));
  await runtime.close();
  return { machine: machine(), ...cell, ...ours, peer, scores };
}

mkdirSync(results, { recursive: true });
const work = options.work ?? mkdtempSync(join(tmpdir(), "embtune quality "));
for (const cell of queue().filter((one) => nameOf(one).includes(options.only))) {
  const path = join(results, `${nameOf(cell)}.json`);
  if (options.list)
    process.stdout.write(`${existsSync(path) ? "done" : "    "}  ${nameOf(cell)}\n`);
  else if (!existsSync(path)) {
    const result = await runCell(cell, work);
    writeFileSync(`${path}.part`, `${JSON.stringify(result, null, 1)}\n`);
    renameSync(`${path}.part`, path);
    process.stdout.write(
      `${new Date().toISOString()} ${nameOf(cell)}: ${JSON.stringify(result.scores)}\n`,
    );
  }
}
