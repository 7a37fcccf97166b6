// How cost grows: with the batch, with the length of the texts, with the rows of a file, with threads. Writes results/growth.json and a chart of
// each to docs/performance/. Texts are made of random tokens' words, so that their lengths are exact. --draw measures nothing and draws the
// charts of results/growth.json again.
//
//   npm run build && node bench/growth.js [--model ../shared/models/all-MiniLM-L6-v2] [--write | --draw]
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
    draw: { type: "boolean", default: false },
  },
});
const resultsFile = join(here, "results/growth.json");
const random = createRandom(5, "bench/growth");
let folder;
let words;

/** The folder of the files to be measured, and words that are one token each. */
function prepare() {
  folder = mkdtempSync(join(tmpdir(), "embtune-growth-"));
  const { vocab } = JSON.parse(readFileSync(join(values.model, "tokenizer.json"), "utf8")).model;
  words = Object.keys(vocab).filter((word) => /^[a-z]{3,}$/.test(word));
}

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
    x: "pairs in a batch (texts of 16 tokens)",
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
    x: "threads (64 pairs, texts of 32 tokens)",
    y: "seconds a step",
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
    scale: { type: "log", base: 2, nice: false, padding: 12 },
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

/** Measures every series and prints it. */
function measureAll() {
  prepare();
  const results = {};
  for (const [name, { of, measure }] of Object.entries(series)) {
    results[name] = of.map((x) => ({ x, ...measure(x) }));
    console.log(name);
    console.table(results[name]);
  }
  rmSync(folder, { recursive: true });
  return results;
}

/** Writes a chart of each series to docs/performance/. */
async function draw(results) {
  const charts = join(here, "../docs/performance");
  mkdirSync(charts, { recursive: true });
  for (const [name, { x, y }] of Object.entries(series)) {
    const points = results[name].map((point) => ({ x: point.x, y: point.seconds }));
    const label = `${y} by ${x}: ${points.map((point) => `${point.x}: ${point.y}`).join(", ")}`;
    writeFileSync(join(charts, `${name}.svg`), await drawingFile(chart(points, { x, y }), label));
  }
}

if (values.draw) {
  await draw(JSON.parse(readFileSync(resultsFile, "utf8")).results);
} else {
  const results = measureAll();
  if (values.write) {
    const model = values.model.split("/").at(-1);
    const report = { machine: machine(), model, results };
    writeFileSync(resultsFile, `${JSON.stringify(report, null, 2)}\n`);
    await draw(results);
  }
}
