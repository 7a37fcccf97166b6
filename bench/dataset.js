// How fast rows are read and batches are made.
//
//   npm run build && node bench/dataset.js [--rows 1000000]
//
// Reads a generated CSV file of two columns (a third of the rows quoted, 88 bytes a row) with csv-parse alone and with embtune's
// reader (validation of UTF-8, line numbers, widths, hash), then makes the batches of two epochs of 10,000 and 100,000 pairs.
// Writes bench/results/dataset.json.
import {
  createReadStream,
  createWriteStream,
  mkdirSync,
  mkdtempSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { cpus, tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { parse } from "csv-parse";
import { pairBatcher } from "../dist/dataset/batches/pair-batch.js";
import { indexPairs } from "../dist/dataset/batches/pair-index.js";
import { batchCursor, stepsPerEpoch } from "../dist/dataset/batches/sampler.js";
import { pairSampler } from "../dist/dataset/batches/samplers.js";
import { holdOut } from "../dist/dataset/hold-out.js";
import { openRecords } from "../dist/dataset/readers/open-records.js";

const { values } = parseArgs({ options: { rows: { type: "string", default: "1000000" } } });
const rowCount = Number(values.rows);

async function writeRows(path) {
  const out = createWriteStream(path);
  out.write("anchor,positive\n");
  for (let i = 0; i < rowCount; i++) {
    const question =
      i % 3 ? `how do I reset my password number ${i}?` : `"how do I, ""reset"" my password ${i}?"`;
    if (!out.write(`${question},open the settings page and press reset ${i}\n`)) {
      await new Promise((resolve) => out.once("drain", resolve));
    }
  }
  await new Promise((resolve) => out.end(resolve));
}

async function count(records) {
  const start = performance.now();
  let rows = 0;
  for await (const _ of records) rows += 1;
  return Math.round((1000 * rows) / (performance.now() - start));
}

function pairs(n, perRow) {
  return Array.from({ length: n }, (_, i) => ({
    anchor: `anchor ${i % Math.floor(0.85 * n)}`,
    positive: `positive ${i % Math.floor(0.95 * n)}`,
    negatives: Array.from(
      { length: i % 3 ? perRow : 0 },
      (_, k) => `negative ${(7 * i + k) % (n / 2)}`,
    ),
    line: i + 2,
  }));
}

/** Milliseconds a batch of 256, the planning of the epochs included. */
function batchTime(n, perRow) {
  const index = indexPairs(pairs(n, perRow));
  const sampler = pairSampler(index, { batchSize: 256, seed: 42 });
  const make = pairBatcher(index);
  const steps = 2 * stepsPerEpoch(sampler);
  const run = () => {
    const cursor = batchCursor(sampler);
    const start = performance.now();
    for (let i = 0; i < steps; i++) make(cursor.next().rows);
    return (performance.now() - start) / steps;
  };
  run();
  return Number(run().toFixed(3));
}

const folder = mkdtempSync(join(tmpdir(), "embtune-bench-"));
const path = join(folder, "rows.csv");
await writeRows(path);
const parserAlone = await count(createReadStream(path).pipe(parse({ from_line: 2 })));
const reader = await count((await openRecords(path)).records());
rmSync(folder, { recursive: true });
const connected = pairs(rowCount, 0);
const start = performance.now();
holdOut(connected, { seed: 42 });
const result = {
  machine: { cpu: cpus()[0]?.model, cores: cpus().length, node: process.version },
  rows: rowCount,
  rowsPerSecond: { parserAlone, reader },
  splitSeconds: Number(((performance.now() - start) / 1000).toFixed(2)),
  msPerBatchOf256: {
    "10,000 pairs": batchTime(10_000, 0),
    "10,000 pairs, 2 negatives": batchTime(10_000, 2),
    "100,000 pairs": batchTime(100_000, 0),
    "100,000 pairs, 2 negatives": batchTime(100_000, 2),
  },
};
const results = join(dirname(fileURLToPath(import.meta.url)), "results");
mkdirSync(results, { recursive: true });
writeFileSync(join(results, "dataset.json"), `${JSON.stringify(result, null, 2)}\n`);
process.stdout.write(`${JSON.stringify(result, null, 2)}\n`);
