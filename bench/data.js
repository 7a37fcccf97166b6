// How long the data commands take on a large file, and how much memory they need.
//
//   npm run build && node bench/data.js [--rows 1000000] [--against FOLDER [--rounds 3]] [--no-write]
//
// Runs `data inspect`, `data split --by connected` and `data prepare --dedupe --clean`, each as a process of its own, on a generated CSV file
// of two columns (about 115 bytes a row, a third of the rows quoted, one row in twenty with one of 1,000 shared anchors).
// With --against, a built tree of another revision, it inspects the file by both in turn and tells how much longer this one takes. Then it
// reads a Snappy Parquet file of two columns of ten words. Writes bench/results/data.json.
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
import { parquetWriteFile } from "hyparquet-writer";
import { openRecords } from "../dist/dataset/readers/open-records.js";
import { measureCommand } from "./measure-command.js";

const { values } = parseArgs({
  options: {
    rows: { type: "string", default: "1000000" },
    against: { type: "string" },
    rounds: { type: "string", default: "3" },
    "no-write": { type: "boolean", default: false },
  },
});
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

/** Mean seconds of `data inspect` by the other tree and by this one, run in turn, and their ratios. */
function against(tree, file) {
  const times = { other: [], own: [] };
  for (let round = 0; round < Number(values.rounds); round++)
    for (const [name, folder] of [
      ["other", tree],
      ["own", root],
    ])
      times[name].push(measureCommand(["data", "inspect", file, "--quiet"], folder));
  const mean = (name, key) =>
    times[name].reduce((sum, time) => sum + time[key], 0) / times[name].length;
  const compare = (key) => {
    const [other, own] = [mean("other", key), mean("own", key)].map((x) => Number(x.toFixed(1)));
    return { other, own, ratio: Number((own / other).toFixed(2)) };
  };
  return { seconds: compare("seconds"), cpuSeconds: compare("cpuSeconds") };
}

/** Rows a second and a processor second of reading Parquet, of three readings the best. */
async function parquet(file) {
  const rows = 300_000;
  const random = generator(3);
  const texts = () =>
    Array.from({ length: rows }, () =>
      Array.from({ length: 10 }, () => words[Math.floor(random() * words.length)]).join(" "),
    );
  const column = (name) => ({ name, data: texts(), type: "STRING" });
  const columnData = [column("anchor"), column("positive")];
  parquetWriteFile({ filename: file, columnData, codec: "SNAPPY" });
  const rates = { rowsPerSecond: 0, rowsPerCpuSecond: 0 };
  for (let round = 0; round < 3; round++) {
    const [cpu, start] = [process.cpuUsage(), performance.now()];
    let read = 0;
    for await (const _ of (await openRecords(file)).records()) read += 1;
    const { user, system } = process.cpuUsage(cpu);
    const best = (key, seconds) => {
      rates[key] = Math.max(rates[key], Math.round(read / seconds));
    };
    best("rowsPerSecond", (performance.now() - start) / 1000);
    best("rowsPerCpuSecond", (user + system) / 1e6);
  }
  return { rows, megabytes: Math.round(statSync(file).size / 1e6), ...rates };
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
  against: values.against === undefined ? undefined : against(values.against, path),
  parquet: await parquet(join(folder, "rows.parquet")),
};
rmSync(folder, { recursive: true });
if (!values["no-write"]) {
  const results = join(root, "bench", "results");
  mkdirSync(results, { recursive: true });
  writeFileSync(join(results, "data.json"), `${JSON.stringify(result, null, 2)}\n`);
}
process.stdout.write(`${JSON.stringify(result, null, 2)}\n`);
