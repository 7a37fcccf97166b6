// Training of a distilled student beside the same student in PyTorch: tokens a second. The student (3 layers of 256, 13,500 tokens, as
// the bundled encoder, random weights) learns random unit vectors of corpus sentences by their cosine, batch 128; a step is tokenising, loss, gradients, clipping and
// AdamW. Each side runs in its own process, in turn, round after round. Rates are by the clock and by processor time (all threads): on a busy
// machine the second with --threads 1 is the one to read.
//
//   npm run build && node bench/distill.js [--rounds 3] [--steps 24] [--warmup 4] [--threads 2] [--precision float32] [--python python3] [--write]
//
// Needs ../shared/corpus, and bench/python/requirements.txt for the peer, in float32 and in bfloat16 by autocast; --precision takes one of them
// alone, since processors without bfloat16 emulate it for minutes. --write stores bench/results/distill.json.
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { gunzipSync } from "node:zlib";
import { studentConfig } from "../dist/distillation/student-config.js";
import { writeStudentFolder } from "../dist/distillation/student-folder.js";
import { staticStart } from "../dist/distillation/student-weights.js";
import { tokenizerFiles } from "../dist/distillation/tokenizer-files.js";
import { trainWordPiece } from "../dist/distillation/train-wordpiece.js";
import { bertWords } from "../dist/distillation/words.js";
import { npyFormat } from "../dist/embeddings/binary-formats.js";
import { architectureParameters } from "../dist/encoder/architectures/registry.js";
import { createRandom } from "../dist/math/random.js";
import { machine } from "./machine.js";

const here = dirname(fileURLToPath(import.meta.url));
const { values: options } = parseArgs({
  options: {
    rounds: { type: "string", default: "3" },
    steps: { type: "string", default: "24" },
    warmup: { type: "string", default: "4" },
    threads: { type: "string", default: "2" },
    precision: { type: "string", default: "float32,bfloat16" },
    python: { type: "string", default: "python3" },
    write: { type: "boolean", default: false },
  },
});
const [steps, warmup, threads] = [options.steps, options.warmup, options.threads].map(Number);
const BATCH = 128;
const HIDDEN = 256;
const MAX_LENGTH = 128;
const work = mkdtempSync(join(tmpdir(), "embtune bench "));
const random = createRandom(1, "bench/distill");

const sentences = gunzipSync(readFileSync(join(here, "../../shared/corpus/corpus-00.txt.gz")))
  .toString()
  .split("\n")
  .filter((line) => line.trim() !== "");
const texts = sentences.slice(0, BATCH * (steps + warmup));

const counts = new Map();
for (const text of sentences)
  for (const word of bertWords(text)) counts.set(word, (counts.get(word) ?? 0) + 1);
const tokens = trainWordPiece(counts, 13_500);
const sizes = { layers: 3, hidden: HIDDEN, heads: 8, intermediate: 1024, maxLength: MAX_LENGTH };
const config = studentConfig({ ...sizes, vocabulary: tokens.length });
const normal = (rows, cols) => ({
  ...{ rows, cols },
  data: Float32Array.from({ length: rows * cols }, () => random.normal()),
});
const table = normal(tokens.length, HIDDEN - 2);
const student = join(work, "student");
await writeStudentFolder(student, {
  ...{ config, tokenizer: tokenizerFiles(tokens, MAX_LENGTH), hidden: HIDDEN },
  ...{ weights: staticStart(architectureParameters(config, "config.json"), table, 1) },
  maxLength: MAX_LENGTH,
});

const data = join(work, "texts.jsonl");
writeFileSync(data, texts.map((text) => `${JSON.stringify({ text })}\n`).join(""));
const targets = normal(texts.length, HIDDEN);
for (let i = 0; i < targets.rows; i++) {
  const row = targets.data.subarray(i * HIDDEN, (i + 1) * HIDDEN);
  const length = Math.hypot(...row);
  for (let j = 0; j < HIDDEN; j++) row[j] /= length;
}
const vectors = join(work, "targets.npy");
const header = { rows: targets.rows, cols: HIDDEN, type: "float32", columns: [], metadata: {} };
writeFileSync(vectors, Buffer.concat([npyFormat.header(header), Buffer.from(targets.data.buffer)]));

function json(command, args) {
  const given = { encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] };
  const { status, stdout } = spawnSync(command, args, given);
  if (status !== 0) process.exit(status ?? 1);
  return JSON.parse(stdout.trim().split("\n").at(-1));
}

const settings = {
  ...{ data, model: student, teacherVectors: vectors, objective: "distill-cosine", tune: "full" },
  ...{ shuffle: false, batchSize: BATCH, maxLength: MAX_LENGTH, threads },
  ...{ lr: 1e-3, out: join(work, "run"), eval: join(here, "../../shared/data/stsb/dev.csv") },
};
const peer = (...more) =>
  json(options.python, [
    ...[join(here, "python/distill_loop.py"), "--model", student, "--texts", data],
    ...[
      "--vectors",
      vectors,
      "--steps",
      steps,
      "--warmup",
      warmup,
      "--threads",
      threads,
      "--json",
      ...more,
    ],
  ]);
const peers = { float32: () => peer(), bfloat16: () => peer("--autocast", "1") };
const chosen = options.precision.split(",");
const sides = {
  embtune: () =>
    json(process.execPath, [
      join(here, "training-case.js"),
      JSON.stringify({ settings, steps, warmup }),
    ]),
  ...Object.fromEntries(chosen.map((name) => [name, peers[name]])),
};
/** Tokens a second by the clock, and a second of processor time. */
const RATES = {
  tokensPerSecond: (one) => one.tokensPerSecond,
  tokensPerProcessorSecond: (one) => one.realTokensPerStep / one.processorSecondsPerStep,
};
const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];
const mapped = (object, change) =>
  Object.fromEntries(Object.entries(object).map(([name, value]) => [name, change(value, name)]));

const rounds = [];
for (let round = 0; round < Number(options.rounds); round++) {
  rounds.push(mapped(sides, (run) => run()));
  const shown = mapped(rounds[round], (one) => mapped(RATES, (rate) => Math.round(rate(one))));
  process.stderr.write(`round ${round + 1}: ${JSON.stringify(shown)}\n`);
}

const figures = mapped(sides, (_, name) => {
  const all = rounds.map((round) => round[name]);
  // Places: tokens and padding.
  const { losses, realTokensPerStep, placesPerStep = realTokensPerStep } = all[0];
  const rates = mapped(RATES, (rate) => Math.round(median(all.map(rate))));
  return {
    ...rates,
    realTokensPerStep,
    placesPerStep,
    firstLoss: losses[0],
    lastLoss: losses.at(-1),
  };
});
/** embtune's rate beside the fastest of the peers, the median of the rounds. */
const ratios = mapped(RATES, (rate) =>
  median(
    rounds.map(
      (round) => rate(round.embtune) / Math.max(...chosen.map((name) => rate(round[name]))),
    ),
  ),
);
console.table(figures);
console.table(ratios);
if (options.write)
  writeFileSync(
    join(here, "results/distill.json"),
    `${JSON.stringify({ machine: machine(), steps, warmup, threads, rounds: rounds.length, figures, ratios }, null, 2)}\n`,
  );
rmSync(work, { recursive: true, force: true });
