// Three seeds of the two examples in data/, each measured on the file that played no part in training or selection.
// Run: npm run build && node bench/seeds.js   (writes bench/results/seeds.json)
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { evaluate, train } from "../dist/index.js";
import { machine } from "./machine.js";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const data = (path) => join(root, "data", path);
const temporary = mkdtempSync(join(tmpdir(), "embtune-seeds-"));

/** Rows of a CSV file whose last column is `value`, as a file of their own. */
function part(file, value) {
  const [header, ...rows] = readFileSync(file, "utf8").trimEnd().split("\n");
  const path = join(temporary, `${value}.csv`);
  writeFileSync(
    path,
    `${[header, ...rows.filter((row) => row.endsWith(`,${value}`))].join("\n")}\n`,
  );
  return path;
}

const supportTest = data("support/test.csv");
const examples = [
  {
    name: "support",
    train: data("support/train.csv"),
    eval: data("support/dev.csv"),
    epochs: 30,
    tests: {
      all: supportTest,
      seen: part(supportTest, "seen"),
      unseen: part(supportTest, "unseen"),
    },
  },
  {
    name: "everyday",
    train: data("everyday-nli/train.csv"),
    eval: data("everyday-sts/dev.csv"),
    epochs: 10,
    tests: { all: data("everyday-sts/test.csv") },
  },
];

const results = [];
for (const example of examples) {
  for (const seed of [42, 1, 2]) {
    const out = join(temporary, `${example.name}-${seed}`);
    const { record } = await train({
      data: example.train,
      eval: example.eval,
      epochs: example.epochs,
      out,
      seed,
    });
    const files = Object.entries(example.tests);
    for (const [part, path] of files) {
      const [report] = await evaluate({ data: [path], model: out });
      const { base, tuned, difference, interval, verdict } = report.comparisons[0];
      results.push({
        example: example.name,
        seed,
        part,
        rows: report.rows,
        metric: report.primary,
        bestStep: record.result.bestStep,
        steps: record.result.step,
        base,
        tuned,
        difference,
        interval,
        verdict,
      });
    }
  }
}
rmSync(temporary, { recursive: true });
writeFileSync(
  join(root, "bench/results/seeds.json"),
  `${JSON.stringify({ machine: machine(), results }, null, 2)}\n`,
);
for (const r of results) {
  const ci = `${(100 * r.interval.low).toFixed(2)}..${(100 * r.interval.high).toFixed(2)}`;
  console.log(
    `${r.example} seed ${r.seed} ${r.part} n ${r.rows}: ${(100 * r.base).toFixed(2)} → ${(100 * r.tuned).toFixed(2)} (${(100 * r.difference).toFixed(2)}, ${ci}) ${r.verdict}, best step ${r.bestStep}/${r.steps}`,
  );
}
