// Which objective for classed texts: banking77 whole and with 5 and 10 texts a class, a head on the frozen bundled encoder and the encoder
// itself, measured on 1,000 texts that neither training nor selection has seen.
// Run: npm run build && node bench/classes.js --data banking77/train.csv [--sets whole] [--tunes head] [--objectives supcon,infonce] [--write]
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { evaluate, loadDataset, train } from "../dist/index.js";
import { createRandom, shuffle } from "../dist/math/random.js";
import { machine } from "./machine.js";
import { writeRows } from "./rows-file.js";
import { perClass } from "./shared-data.js";

const { values } = parseArgs({
  options: {
    data: { type: "string" },
    sets: { type: "string", default: "5 a class,10 a class,whole" },
    tunes: { type: "string", default: "head,full" },
    objectives: { type: "string", default: "supcon,infonce,soft-nearest-neighbors" },
    write: { type: "boolean", default: false },
  },
});
const folder = mkdtempSync(join(tmpdir(), "embtune-classes-"));
const [chosen, tunes, objectives] = [values.sets, values.tunes, values.objectives].map((list) =>
  list.split(","),
);
const TEST = 1000;

const { rows } = await loadDataset(values.data);
const order = shuffle([...rows], createRandom(7, "classes"));
const written = (name, some) =>
  writeRows(
    join(folder, name),
    some.map(({ text, label }) => ({ text, label })),
  );

const test = written("test.jsonl", order.slice(0, TEST));
const rest = order.slice(TEST);
const sets = {
  "5 a class": { file: written("5.jsonl", perClass(rest, 5)), epochs: 5 },
  "10 a class": { file: written("10.jsonl", perClass(rest, 10)), epochs: 5 },
  whole: { file: written("whole.jsonl", rest), epochs: 1 },
};

/** Accuracies on the test texts, classes learnt from the training texts. */
async function accuracies(model, file) {
  const [{ model: scored }] = await evaluate({ data: [test], task: "class", train: file, model });
  const of = (key) => scored.metrics.find((metric) => metric.key === key).value;
  return {
    knn: of("knn_accuracy"),
    logreg: of("logreg_accuracy"),
    centroid: of("centroid_accuracy"),
  };
}

const results = [];
const note = (set, tune, objective, found) => {
  results.push({ set, tune, objective, ...found });
  const shown = Object.entries(found).map(([key, value]) => `${key} ${(100 * value).toFixed(2)}`);
  console.log(`${set.padEnd(11)} ${tune.padEnd(5)} ${objective.padEnd(23)} ${shown.join("  ")}`);
};

for (const set of chosen) {
  const { file, epochs } = sets[set];
  note(set, "–", "base", await accuracies(undefined, file));
  for (const tune of tunes)
    for (const objective of objectives) {
      const out = join(folder, `${set}-${tune}-${objective}`);
      const own = tune === "full" ? { epochs, lr: 2e-5, dropout: 0 } : {};
      await train({ data: file, objective, tune, out, ...own });
      note(set, tune, objective, await accuracies(out, file));
      rmSync(out, { recursive: true });
    }
}
if (values.write) {
  const path = join(import.meta.dirname, "results", "classes.json");
  writeFileSync(path, `${JSON.stringify({ machine: machine(), results }, null, 2)}\n`);
}
rmSync(folder, { recursive: true });
