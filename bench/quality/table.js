// Prints the Markdown tables of bench/quality/README.md from the cells in bench/quality/results.
//
//   node bench/quality/table.js
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const results = join(dirname(fileURLToPath(import.meta.url)), "results");
const order = {
  task: ["snli", "stsb", "banking", "scifact"],
  model: ["minilm", "bundled"],
  tune: ["full", "last:2", "lora", "head"],
};
const place = (cell) =>
  Object.entries(order).reduce((sum, [name, all]) => 10 * sum + all.indexOf(cell[name]), 0);
const cells = readdirSync(results)
  .filter((name) => name.endsWith(".json"))
  .map((name) => JSON.parse(readFileSync(join(results, name), "utf8")))
  .sort((a, b) => place(a) - place(b) || a.seed - b.seed);

const score = (value) => (100 * value).toFixed(2);
const signed = (value) => `${value < 0 ? "−" : "+"}${score(Math.abs(value))}`;
const change = ({ difference, interval: { low, high } }) =>
  `${signed(difference)} [${signed(low)}, ${signed(high)}]`;
const line = (columns) => process.stdout.write(`| ${columns.join(" | ")} |\n`);

function print(titles, rows) {
  line(titles);
  line(titles.map(() => "---"));
  for (const row of rows) line(row);
  process.stdout.write("\n");
}

const measured = (cell) => cell.scores.map((one) => ({ ...cell, ...one }));
const label = ({ set, key, n }) => `${key}, ${set} (${n})`;

print(
  [
    "task",
    "metric, rows (n)",
    "seed",
    "base",
    "embtune",
    "peer",
    "embtune − base",
    "embtune − peer",
  ],
  cells
    .flatMap(measured)
    .filter(({ overPeer }) => overPeer !== undefined)
    .map((one) => [
      one.task,
      label(one),
      one.seed,
      ...[one.base, one.tuned, one.peer].map(score),
      change(one.gain),
      change(one.overPeer),
    ]),
);
print(
  ["encoder", "task", "metric, rows (n)", "tune", "base", "tuned", "tuned − base"],
  cells
    .flatMap(measured)
    .filter(({ seed }) => seed === 42)
    .sort((a, b) => order.model.indexOf(a.model) - order.model.indexOf(b.model))
    .map((one) => [
      one.model,
      one.task,
      label(one),
      one.tune,
      score(one.base),
      score(one.tuned),
      change(one.gain),
    ]),
);
