// The nine objectives of the tutorial with their defaults on their natural rows: a linear head on a frozen encoder, measured on
// rows that played no part in training or selection, against the untrained head.
// Run: npm run build && node bench/objectives/run.js [OBJECTIVE…]
// Writes results.json and README.md beside this file; with names only those objectives are measured anew.
// Needs ../shared/data and ../shared/models, which are not part of the repository.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { holdOutRows } from "../../dist/dataset/hold-out.js";
import { convertDataset, readRows } from "../../dist/dataset/load-dataset.js";
import { encodeCached } from "../../dist/encoder/embedding-cache.js";
import { stratifiedSplit } from "../../dist/evaluation/class-split.js";
import { rowCosine } from "../../dist/evaluation/cosine.js";
import { loadEvaluationSet } from "../../dist/evaluation/evaluation-set.js";
import { evaluatorFor } from "../../dist/evaluation/evaluators/registry.js";
import { scoreReport } from "../../dist/evaluation/score-report.js";
import { createRandom } from "../../dist/math/random.js";
import { headEmbed, openHead } from "../../dist/training/model/open-head.js";
import { openResources } from "../../dist/training/model/resources.js";
import { planTraining } from "../../dist/training/plan/plan.js";
import { runTraining } from "../../dist/training/run/run.js";
import { machine } from "../machine.js";
import { writeRows } from "../rows-file.js";
import { readme } from "./readme.js";

const here = dirname(fileURLToPath(import.meta.url));
const shared = join(here, "..", "..", "..", "shared");
const temporary = mkdtempSync(join(tmpdir(), "embtune-objectives-"));
const seed = 42;
const epochs = 10;

const encoders = {
  "embtune-mini-en": undefined,
  "all-MiniLM-L6-v2": join(shared, "models", "all-MiniLM-L6-v2"),
};

const pairObjectives = ["n-pair", "nce", "neg", "infonce", "nt-xent"];

/** Objectives with the rows they are given and the task that measures them. */
const cases = [
  { objective: "contrastive", data: "labelled", rows: "SNLI labelled pairs", task: "pair" },
  { objective: "triplet", data: "triplets", rows: "SNLI triplets", task: "triplet" },
  ...pairObjectives.map((objective) => ({
    objective,
    data: "triplets",
    rows: "SNLI triplets",
    task: "triplet",
  })),
  ...pairObjectives.map((objective) => ({
    objective,
    data: "classes",
    rows: "banking77 pairs of a class",
    task: "class",
  })),
  ...[
    { objective: "soft-nearest-neighbors" },
    { objective: "lifted-structured" },
    { objective: "lifted-structured", lr: 1e-4 },
  ].map((one) => ({ ...one, data: "classes", rows: "banking77 classes", task: "class" })),
];

/** A tenth of the rows is the test, a tenth of the rest selects; no text is on two sides. */
async function splitFiles() {
  const snli = await readRows(join(shared, "data/snli/dev.csv"));
  const nli = inThree(snli.dataset.rows, (rows) => {
    const by = {
      keys: ({ premise, hypothesis }) => [premise, hypothesis],
      anchor: ({ premise }) => premise,
    };
    const { train, heldOut } = holdOutRows(rows, by, { share: 0.1, seed });
    return [train, heldOut];
  });
  const banking = await readRows(join(shared, "data/banking77/train.csv"));
  const classed = inThree(banking.dataset.rows, (rows) => {
    const { train, test } = stratifiedSplit(rows, { share: 0.1, seed });
    return [train, test];
  });
  return {
    labelled: written("labelled", nli, ["premise", "hypothesis", "label"]),
    triplets: written("triplets", parts(nli, tripletsOf(snli.dataset)), [
      "anchor",
      "positive",
      "negative",
    ]),
    classes: written("classes", classed, ["text", "label"]),
  };
}

function inThree(rows, split) {
  const [rest, test] = split(rows);
  const [train, dev] = split(rest);
  return { train, dev, test };
}

function parts({ train, dev, test }, make) {
  return { train: make(train), dev: make(dev), test: make(test) };
}

const tripletsOf = (dataset) => (rows) =>
  convertDataset({ dataset: { ...dataset, rows }, to: "triplet" }).rows.map((row) => ({
    ...row,
    negative: row.negatives[0],
  }));

function written(name, sets, columns) {
  return parts(
    Object.fromEntries(Object.entries(sets).map(([part, rows]) => [part, { part, rows }])),
    ({ part, rows }) => writeRows(join(temporary, `${name}-${part}.jsonl`), rows.map(of(columns))),
  );
}

/** The columns of a row. */
const of = (columns) => (row) => Object.fromEntries(columns.map((name) => [name, row[name]]));

/** Mean cosine of 20,000 random pairs of different texts: near 1 where everything collapses. */
function meanCosine(vectors) {
  const random = createRandom(seed, "pairs");
  let sum = 0;
  const count = 20_000;
  for (let drawn = 0; drawn < count; drawn++) {
    const i = random.below(vectors.rows);
    const j = (i + 1 + random.below(vectors.rows - 1)) % vectors.rows;
    sum += rowCosine(vectors, i, vectors, j);
  }
  return sum / count;
}

async function textsToCompare({ dataset }) {
  const texts = dataset.rows.flatMap((row) => [row.text, row.anchor, row.positive, row.sentence1]);
  return [...new Set(texts.filter((text) => text !== undefined))].slice(0, 1000);
}

async function measure(one, { train, dev, test }, resources) {
  const { encoder, cache, runtime } = resources;
  const out = join(temporary, `${encoder.info.name}-${one.objective}-${one.data}-${one.lr ?? ""}`);
  const model = encoders[encoder.info.name];
  const plan = await planTraining({
    data: train,
    eval: dev,
    out,
    objective: one.objective,
    epochs,
    seed,
    ...(one.lr === undefined ? {} : { lr: one.lr }),
    ...(model === undefined ? {} : { model }),
  });
  const losses = [];
  const onEvent = (event) => {
    if (event.type === "step") losses.push(event.record.loss);
  };
  const trained = await runTraining(plan, { onEvent, resources });
  const set = await loadEvaluationSet(test, { task: one.task });
  const known = one.task === "class" ? (await readRows(train)).dataset : undefined;
  const reference = known === undefined ? {} : { train: known };
  const evaluator = evaluatorFor(set.dataset, set.task, { runtime, ...reference });
  const encode = (texts) => encodeCached(encoder, texts, cache);
  const base = await evaluator.run(encode);
  const texts = await textsToCompare(set);
  const row = { ...one, steps: plan.steps, bestStep: trained.record.result.bestStep };
  const common = {
    seconds: trained.record.result.seconds,
    finiteLosses: losses.every(Number.isFinite),
    firstLoss: losses[0],
    lastLoss: losses.at(-1),
    baseMeanCosine: meanCosine(await encode(texts)),
  };
  if (trained.head === undefined) return { ...row, ...common, kept: "base" };
  const head = await openHead(runtime, trained.head.spec);
  const embed = headEmbed(encode, "both", (x) => head.apply(x, trained.head.parameters));
  const tuned = await evaluator.run(embed);
  const report = scoreReport({
    file: test,
    primary: evaluator.primary,
    model: { name: "tuned", evaluation: tuned },
    base: { name: "base", evaluation: base },
    selected: false,
    seed,
  });
  const change = report.comparisons.find(({ key }) => key === evaluator.primary);
  const collapse = meanCosine(await embed(texts));
  await head.release();
  return {
    ...row,
    ...common,
    metric: evaluator.primary,
    testRows: report.rows,
    base: change.base,
    tuned: change.tuned,
    difference: change.difference,
    interval: change.interval,
    verdict: change.verdict,
    meanCosine: collapse,
  };
}

const wanted = process.argv.slice(2);
const isWanted = ({ objective }) => wanted.length === 0 || wanted.includes(objective);
const before =
  wanted.length === 0 ? [] : JSON.parse(readFileSync(join(here, "results.json"), "utf8")).results;
const files = await splitFiles();
const results = before.filter((row) => !isWanted(row));
for (const [name, model] of Object.entries(encoders)) {
  const settings = { model, out: temporary, allowDownload: false };
  const resources = await openResources(settings, 20_000, join(temporary, "cache"));
  for (const one of cases.filter(isWanted)) {
    const result = { encoder: name, ...(await measure(one, files[one.data], resources)) };
    results.push(result);
    process.stderr.write(`${JSON.stringify(result)}\n`);
  }
  await resources.close();
}
rmSync(temporary, { recursive: true, force: true });
const order = (row) =>
  Object.keys(encoders).indexOf(row.encoder) * cases.length +
  cases.findIndex(
    ({ objective, data, lr }) => objective === row.objective && data === row.data && lr === row.lr,
  );
results.sort((a, b) => order(a) - order(b));
const report = {
  date: new Date().toISOString().slice(0, 10),
  machine: machine(),
  epochs,
  seed,
  results,
};
writeFileSync(join(here, "results.json"), `${JSON.stringify(report, null, 2)}\n`);
writeFileSync(
  join(here, "README.md"),
  readme(JSON.parse(readFileSync(join(here, "results.json"), "utf8"))),
);
