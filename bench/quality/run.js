// Quality of what is tuned: full, last:2, lora and head from two encoders on three tasks, each a cell that can be run alone. A cell
// trains with the command line, measures on rows that neither trained nor selected, and is one file of bench/quality/results.
//
//   npm run build && node bench/quality/run.js --task snli [--model bundled|minilm] [--tune full,last:2,lora,head] [--seeds 42]
//                                             [--steps N] [--list]
//
// Tasks (../shared/data): banking — class rows, a fifth of the training texts held out, supcon; kNN and logistic accuracy.
// stsb — scored pairs, cosent; Spearman on dev. snli — triplets of SNLI dev, infonce; Spearman on STS-B dev. Half of the measured
// file selects the checkpoint, the other half measures. The base is measured with the tuned model, with the 95 % interval of the
// difference.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { parse } from "csv-parse/sync";
import { createRandom, shuffle } from "../../dist/math/random.js";
import { machine } from "../machine.js";
import { snliTriplets } from "../snli-triplets.js";

const here = dirname(fileURLToPath(import.meta.url));
const root = dirname(dirname(here));
const shared = join(root, "../shared");
const work = mkdtempSync(join(tmpdir(), "embtune quality "));
const { values: options } = parseArgs({
  options: {
    task: { type: "string", default: "snli,stsb,banking" },
    model: { type: "string", default: "minilm,bundled" },
    tune: { type: "string", default: "full,last:2,lora,head" },
    seeds: { type: "string", default: "42" },
    steps: { type: "string" },
    list: { type: "boolean", default: false },
  },
});

function jsonLines(name, rows) {
  const path = join(work, name);
  writeFileSync(path, `${rows.map((row) => JSON.stringify(row)).join("\n")}\n`);
  return path;
}

const sharedRows = (file) =>
  parse(readFileSync(join(shared, "data", file), "utf8"), { columns: true });

/** Half of a list selects, the other half measures. */
function halves(rows) {
  const mixed = shuffle(rows, createRandom(7));
  const middle = Math.floor(mixed.length / 2);
  return { select: mixed.slice(0, middle), measure: mixed.slice(middle) };
}

const stsbDev = () => {
  const { select, measure } = halves(sharedRows("stsb/dev.csv"));
  return {
    eval: jsonLines("stsb-select.jsonl", select),
    test: jsonLines("stsb-test.jsonl", measure),
  };
};

/** Training rows, rows that select, rows that measure, and what is typed beside them. */
const tasks = {
  snli: () => ({
    data: jsonLines(
      "snli.jsonl",
      snliTriplets(join(shared, "data/snli/dev.csv")).map(([anchor, positive, negatives]) => ({
        anchor,
        positive,
        negatives,
      })),
    ),
    ...stsbDev(),
    train: ["--objective", "infonce", "--epochs", "1"],
    measure: [],
  }),
  stsb: () => ({
    data: join(shared, "data/stsb/train.csv"),
    ...stsbDev(),
    train: ["--objective", "cosent", "--epochs", "2"],
    measure: [],
  }),
  banking: () => {
    const rows = shuffle(sharedRows("banking77/train.csv"), createRandom(7));
    const fifth = Math.floor(rows.length / 5);
    const held = rows.slice(0, fifth);
    const middle = Math.floor(held.length / 2);
    const train = jsonLines("banking-train.jsonl", rows.slice(fifth));
    return {
      data: train,
      eval: jsonLines("banking-select.jsonl", held.slice(0, middle)),
      test: jsonLines("banking-test.jsonl", held.slice(middle)),
      train: ["--objective", "supcon", "--epochs", "1"],
      measure: ["--train", train],
    };
  },
};

function embtune(...args) {
  const { status, stdout } = spawnSync(process.execPath, [join(root, "bin/embtune.js"), ...args], {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "inherit"],
    maxBuffer: 2 ** 28,
  });
  if (status !== 0) process.exit(status ?? 1);
  return JSON.parse(stdout);
}

const models = { bundled: [], minilm: ["--model", join(shared, "models/all-MiniLM-L6-v2")] };

function runCell({ task, model, tune, seed }) {
  const { data, eval: selects, test, train, measure } = tasks[task]();
  const out = join(work, `${task}-${model}-${tune}-${seed}`.replaceAll(":", ""));
  const selection = selects === undefined ? [] : ["--eval", selects];
  const steps = options.steps === undefined ? [] : ["--steps", options.steps];
  const common = [...models[model], "--seed", String(seed), "--quiet", "--json"];
  const started = performance.now();
  const run = embtune(
    "train",
    data,
    ...selection,
    ...train,
    ...steps,
    "--tune",
    tune,
    "--out",
    out,
    ...common,
  );
  const seconds = (performance.now() - started) / 1000;
  const scores = embtune("evaluate", test, "--model", out, ...measure, "--quiet", "--json");
  return { task, model, tune, seed, seconds, step: run.step, bestStep: run.bestStep, scores };
}

const split = (text) => text.split(",");
const cells = split(options.task).flatMap((task) =>
  split(options.model).flatMap((model) =>
    split(options.tune).flatMap((tune) =>
      split(options.seeds).map((seed) => ({ task, model, tune, seed: Number(seed) })),
    ),
  ),
);
const results = join(here, "results");
mkdirSync(results, { recursive: true });
for (const cell of cells) {
  const name = `${cell.task}-${cell.model}-${cell.tune.replace(":", "")}-${cell.seed}.json`;
  const path = join(results, name);
  if (options.list) process.stdout.write(`${existsSync(path) ? "done" : "    "}  ${name}\n`);
  else {
    const result = runCell(cell);
    writeFileSync(path, `${JSON.stringify({ machine: machine(), ...result }, null, 2)}\n`);
    process.stdout.write(`${name}: ${JSON.stringify(result.scores.metrics ?? result.scores)}\n`);
  }
}
