// How long the data commands take on a large file, and how much memory they need.
//
//   npm run build && node bench/data.js [--rows 1000000]
//
// Runs `data inspect`, `data split --by connected` and `data prepare --dedupe --clean`, each as a process of its own, on a generated CSV file
// of two columns (about 115 bytes a row, a third of the rows quoted, one row in twenty with one of 1,000 shared anchors).
// Writes bench/results/data.json.
import {
  createWriteStream,
  mkdirSync,
  mkdtempSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { cpus, loadavg, tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { measureCommand } from "./measure-command.js";

const { values } = parseArgs({ options: { rows: { type: "string", default: "1000000" } } });
const rowCount = Number(values.rows);
const root = dirname(dirname(fileURLToPath(import.meta.url)));
const words =
  "the a card bank payment transfer account reset password how do can I my is it open settings page press number where money when late fee charge lost stolen new phone change address name order app login code top up limit".split(
    " ",
  );

function generator(seed) {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

async function writeRows(path) {
  const random = generator(1);
  const sentence = (length) =>
    Array.from({ length }, () => words[Math.floor(random() * words.length)]).join(" ");
  const out = createWriteStream(path);
  out.write("anchor,positive\n");
  for (let i = 0; i < rowCount; i++) {
    const anchor =
      random() < 0.05
        ? `how do I reset my password ${Math.floor(random() * 1000)}`
        : `${sentence(8)} ${i}`;
    const first = i % 3 ? `${anchor}?` : `"${anchor}, ""please""?"`;
    if (!out.write(`${first},${sentence(10)} ${Math.floor(random() * rowCount)}\n`)) {
      await new Promise((resolve) => out.once("drain", resolve));
    }
  }
  await new Promise((resolve) => out.end(resolve));
}

const folder = mkdtempSync(join(tmpdir(), "embtune-bench-"));
const path = join(folder, "rows.csv");
await writeRows(path);
const result = {
  machine: {
    cpu: cpus()[0]?.model,
    cores: cpus().length,
    node: process.version,
    load: loadavg()[0],
  },
  rows: rowCount,
  megabytes: Math.round(statSync(path).size / 1e6),
  inspect: measureCommand(["data", "inspect", path, "--quiet"]),
  splitConnected: measureCommand([
    "data",
    "split",
    path,
    "--out",
    join(folder, "parts"),
    "--test",
    "0.1",
  ]),
  prepare: measureCommand([
    "data",
    "prepare",
    path,
    "--as",
    "pairs",
    "--dedupe",
    "--clean",
    "--out",
    join(folder, "out.csv"),
    "--quiet",
  ]),
};
rmSync(folder, { recursive: true });
const results = join(root, "bench", "results");
mkdirSync(results, { recursive: true });
writeFileSync(join(results, "data.json"), `${JSON.stringify(result, null, 2)}\n`);
process.stdout.write(`${JSON.stringify(result, null, 2)}\n`);
