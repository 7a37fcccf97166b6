// Training of the whole encoder beside sentence-transformers' loop: speed, memory, start-up. Each case runs in its own process, the
// cases in turn, round after round, so that a busy minute meets them all.
//
//   npm run build && node bench/full.js [--cases minilm,peer] [--rounds 3] [--steps 8] [--warmup 2] [--python python3] [--write]
//
// Cases, all on SNLI dev (../shared/data): minilm, peer — all-MiniLM-L6-v2, triplets, batch 64, AdamW and clipping included, dropout
// off · large-64, large-1024 — batch 64 plain, batch 1,024 by gradient caching with 1,650 tokens a chunk (those of 64 pairs) · bundled-full, bundled-last,
// bundled-lora — the bundled encoder on pairs, batch 64 · bundled-last-first — last:2 in the first epoch, which also runs the frozen
// layer once for every text; bundled-last is timed after it, as every later epoch is. The peer needs bench/python/requirements.txt. --write stores
// bench/results/full.json.
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { machine } from "./machine.js";
import { writeRows } from "./rows-file.js";
import { snliTriplets } from "./snli-triplets.js";

const here = dirname(fileURLToPath(import.meta.url));
const shared = join(here, "../../shared");
const { values: options } = parseArgs({
  options: {
    cases: {
      type: "string",
      default:
        "minilm,peer,large-64,large-1024,bundled-full,bundled-last-first,bundled-last,bundled-lora",
    },
    rounds: { type: "string", default: "3" },
    steps: { type: "string", default: "8" },
    warmup: { type: "string", default: "2" },
    python: { type: "string", default: "python3" },
    write: { type: "boolean", default: false },
  },
});
const steps = Number(options.steps);
const warmup = Number(options.warmup);
const work = mkdtempSync(join(tmpdir(), "embtune bench "));
const rows = snliTriplets(join(shared, "data/snli/dev.csv"));

/** Rows of the bundled encoder's epoch: eight batches. */
const shortEpoch = 8 * 64;

const asPair = ([anchor, positive]) => ({ anchor, positive });
const triplets = writeRows(
  join(work, "triplets.jsonl"),
  rows.map(([anchor, positive, [negative]]) => ({ anchor, positive, negative })),
);
const pairs = writeRows(join(work, "pairs.jsonl"), rows.map(asPair));
const common = {
  eval: join(shared, "data/stsb/dev.csv"),
  out: join(work, "run"),
  shuffle: false,
  batchSize: 64,
  maxLength: 128,
  threads: 2,
};
const minilm = {
  ...common,
  data: triplets,
  model: join(shared, "models/all-MiniLM-L6-v2"),
  tune: "full",
};
const bundled = {
  ...common,
  data: writeRows(join(work, "short.jsonl"), rows.slice(0, shortEpoch).map(asPair)),
};
const settings = {
  minilm,
  "large-64": { ...minilm, data: pairs },
  "large-1024": { ...minilm, data: pairs, batchSize: 1024, miniBatchTokens: 1650 },
  "bundled-full": { ...bundled, tune: "full" },
  "bundled-last-first": { ...bundled, tune: "last:2", data: pairs },
  "bundled-last": { ...bundled, tune: "last:2" },
  "bundled-lora": { ...bundled, tune: "lora" },
};

function json(command, args) {
  const { status, stdout } = spawnSync(command, args, {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "inherit"],
  });
  if (status !== 0) process.exit(status ?? 1);
  return JSON.parse(stdout.trim().split("\n").at(-1));
}

function run(name) {
  if (name === "peer") {
    const args = ["--steps", String(steps), "--warmup", String(warmup), "--json"];
    return json(options.python, [join(here, "python/st_loop.py"), ...args]);
  }
  const scale = name === "large-1024" ? 0.25 : 1;
  const request = {
    settings: settings[name],
    steps: Math.ceil(steps * scale),
    warmup: name === "bundled-last" ? shortEpoch / 64 + warmup : Math.ceil(warmup * scale),
  };
  return json(process.execPath, [join(here, "training-case.js"), JSON.stringify(request)]);
}

const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];
const names = options.cases.split(",");
const rounds = [];
for (let round = 0; round < Number(options.rounds); round++) {
  rounds.push(Object.fromEntries(names.map((name) => [name, run(name)])));
}
const figures = Object.fromEntries(
  names.map((name) => {
    const all = rounds.map((round) => round[name]);
    return [
      name,
      {
        stepsPerSecond: median(all.map((x) => x.stepsPerSecond)),
        tokensPerSecond: median(
          all.map((x) => x.tokensPerSecond ?? x.realTokensPerStep * x.stepsPerSecond),
        ),
        realTokensPerStep: all[0].realTokensPerStep,
        startUpMs: median(all.map((x) => x.startUpMs ?? Number.NaN)),
        peakRssMB: Math.max(...all.map((x) => x.peakRssMB)),
      },
    ];
  }),
);
const ratio = (what, a, b) => {
  if (!(a in figures && b in figures)) return;
  const value = median(rounds.map((round) => round[a][what] / round[b][what]));
  process.stdout.write(`${what} ${a} / ${b}: ${value.toFixed(2)}\n`);
};
console.table(figures);
ratio("stepsPerSecond", "minilm", "peer");
ratio("peakRssMB", "large-1024", "large-64");
ratio("tokensPerSecond", "large-1024", "large-64");
ratio("stepsPerSecond", "bundled-last-first", "bundled-full");
ratio("stepsPerSecond", "bundled-last", "bundled-full");
ratio("stepsPerSecond", "bundled-lora", "bundled-full");
if (options.write) {
  const file = join(here, "results/full.json");
  let before = {};
  try {
    before = JSON.parse(readFileSync(file, "utf8")).cases;
  } catch {}
  const cases = { ...before, ...figures };
  writeFileSync(
    file,
    `${JSON.stringify({ machine: machine(), steps, warmup, rounds: rounds.length, cases }, null, 2)}\n`,
  );
}
