// How cost grows: with the batch, with the length of the texts, with the rows of a file, with threads. Writes results/growth.json and a chart of
// each to docs/performance/. Texts are made of random tokens' words, so that their lengths are exact.
//
//   npm run build && node bench/growth.js [--model ../shared/models/all-MiniLM-L6-v2] [--write]
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { createRandom } from "../dist/math/random.js";
import { drawingFile } from "../dist/report/charts/drawing-file.js";
import { machine } from "./machine.js";
import { measureCommand } from "./measure-command.js";

const here = dirname(fileURLToPath(import.meta.url));
const { values } = parseArgs({
  options: {
    model: { type: "string", default: join(here, "../../shared/models/all-MiniLM-L6-v2") },
    write: { type: "boolean", default: false },
  },
});
const folder = mkdtempSync(join(tmpdir(), "embtune-growth-"));
const random = createRandom(5, "bench/growth");
const { vocab } = JSON.parse(readFileSync(join(values.model, "tokenizer.json"), "utf8")).model;
// Words that are one token each.
const words = Object.keys(vocab).filter((word) => /^[a-z]{3,}$/.test(word));

/** A text of so many tokens, with those of beginning and end. */
const text = (tokens) =>
  Array.from({ length: tokens - 2 }, () => words[Math.floor(random.uniform() * words.length)]).join(
    " ",
  );

let files = 0;
function pairs(rows, tokens) {
  const file = join(folder, `${files++}.csv`);
  const lines = Array.from({ length: rows }, () => `${text(tokens)},${text(tokens)}`);
  writeFileSync(file, `anchor,positive\n${lines.join("\n")}\n`);
  return file;
}

/** Seconds of a step, median of some, and the largest resident set. */
function step({ batchSize, tokens, threads = 2, steps = 3 }) {
  const settings = {
    data: pairs(batchSize * (steps + 1), tokens),
    model: values.model,
    tune: "full",
    objective: "infonce",
    batchSize,
    maxLength: 512,
    threads,
    eval: pairs(64, 16),
    out: join(folder, "run"),
  };
  const printed = execFileSync(
    process.execPath,
    [join(here, "training-case.js"), JSON.stringify({ settings, warmup: 1, steps })],
    { encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] },
  );
  const { secondsPerStep, peakRssMB } = JSON.parse(printed);
  const sorted = secondsPerStep.toSorted((a, b) => a - b);
  return {
    seconds: Number(sorted[Math.floor(sorted.length / 2)].toFixed(3)),
    megabytes: Math.round(peakRssMB),
  };
}

function inspect(rows) {
  const { seconds, peakMegabytes } = measureCommand(["data", "inspect", pairs(rows, 12)]);
  return { seconds, megabytes: peakMegabytes };
}

const series = {
  batch: {
    x: "texts in a batch (pairs of 16 tokens)",
    y: "seconds a step",
    of: [16, 32, 64, 128, 256, 512, 1024],
    measure: (batchSize) => step({ batchSize, tokens: 16 }),
  },
  length: {
    x: "tokens of a text (16 pairs)",
    y: "seconds a step",
    of: [16, 32, 64, 128, 256, 512],
    measure: (tokens) => step({ batchSize: 16, tokens }),
  },
  rows: {
    x: "rows of a file",
    y: "seconds of data inspect",
    of: [1e3, 1e4, 1e5, 1e6],
    measure: inspect,
  },
  threads: {
    x: "threads",
    y: "seconds a step (64 pairs of 32 tokens)",
    of: [1, 2],
    measure: (threads) => step({ batchSize: 64, tokens: 32, threads }),
  },
};

/** Both axes by powers, so that a cost in proportion is a straight line of slope one. */
function chart(points, { x, y }) {
  const axis = (field, title) => ({
    field,
    type: "quantitative",
    title,
    scale: { type: "log", base: 2, zero: false, nice: false, padding: 12 },
    axis: { values: points.map((point) => point[field]), grid: false, labelFlush: false },
  });
  return {
    width: 290,
    height: 180,
    data: { values: points },
    mark: { type: "line", point: true },
    encoding: { x: axis("x", x), y: { ...axis("y", y), axis: { tickCount: 5, grid: true } } },
  };
}

const results = {};
const charts = join(here, "../docs/performance");
if (values.write) mkdirSync(charts, { recursive: true });
for (const [name, { of, measure, ...axes }] of Object.entries(series)) {
  results[name] = of.map((x) => ({ x, ...measure(x) }));
  console.log(name);
  console.table(results[name]);
  if (!values.write) continue;
  const points = results[name].map(({ x, seconds }) => ({ x, y: seconds }));
  const label = `${axes.y} by ${axes.x}: ${points.map(({ x, y }) => `${x}: ${y}`).join(", ")}`;
  writeFileSync(join(charts, `${name}.svg`), await drawingFile(chart(points, axes), label));
}
rmSync(folder, { recursive: true });
if (values.write) {
  const model = values.model.split("/").at(-1);
  writeFileSync(
    join(here, "results/growth.json"),
    `${JSON.stringify({ machine: machine(), model, results }, null, 2)}\n`,
  );
}
