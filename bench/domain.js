// The domain story of docs/distillation.md: a teacher tuned on a domain's labels, and small students that learn of its vectors of the same
// texts, without labels. Accuracies on a part that nothing has seen, sizes, texts a second. Goes on where it was stopped.
//
//   npm run build && node bench/domain.js --data banking77/train.csv --model MODEL --out FOLDER [--epochs 20] [--write]
//
// With --rates the texts a second are measured alone.
import { execFileSync } from "node:child_process";
import { existsSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { evaluate, loadDataset, loadModel } from "../dist/index.js";
import { machine } from "./machine.js";

const here = dirname(fileURLToPath(import.meta.url));
const { values } = parseArgs({
  options: {
    data: { type: "string" },
    model: { type: "string" },
    out: { type: "string" },
    epochs: { type: "string", default: "20" },
    rates: { type: "boolean", default: false },
    write: { type: "boolean", default: false },
  },
});
/** Of timing, interleaved. */
const ROUNDS = 3;

const at = (...names) => join(values.out, ...names);

/** Runs the command, unless what it makes is there. */
function made(path, ...args) {
  if (existsSync(path)) return;
  console.error(`embtune ${args.join(" ")}`);
  execFileSync(process.execPath, [join(here, "../bin/embtune.js"), ...args], {
    stdio: ["ignore", "ignore", "inherit"],
  });
}

const [train, dev, test] = ["train.csv", "eval.csv", "test.csv"].map((name) => at("parts", name));
made(test, "data", "split", values.data, "--out", at("parts"), "--test-part", "0.1");
const teacher = at("teacher");
const tuning = ["--model", values.model, "--tune", "full", "--lr", "2e-5", "--out", teacher];
made(join(teacher, "model"), "train", train, "--eval", dev, ...tuning);

const student = at("student");
const lesson = ["--teacher", teacher, "--vocab-size", "6000"];
made(
  join(student, "run", "model"),
  "distill",
  train,
  ...lesson,
  "--epochs",
  values.epochs,
  "--out",
  student,
);
const table = at("table");
made(
  join(table, "static"),
  "distill",
  train,
  ...lesson,
  "--hidden",
  "256",
  "--static",
  "--reuse",
  student,
  "--out",
  table,
);
const q8 = { teacher: at("teacher-q8"), student: at("student-q8") };
made(q8.teacher, "export", teacher, "--dtype", "q8", "--to", q8.teacher);
made(q8.student, "export", join(student, "run"), "--dtype", "q8", "--to", q8.student);

const models = {
  "the model before": { model: values.model },
  "teacher, tuned on the labels": { model: teacher },
  "teacher, q8": { model: q8.teacher, modelDtype: "q8" },
  student: { model: join(student, "run") },
  "student, q8": { model: q8.student, modelDtype: "q8" },
  "table alone": { model: join(table, "static") },
};

/** Megabytes of the weights that are run. */
function megabytes(model, q8) {
  const folder = existsSync(join(model, "model")) ? join(model, "model") : model;
  const names = q8
    ? ["onnx/model_quantized.onnx"]
    : ["onnx/model.onnx", "model.safetensors", "0_StaticEmbedding/model.safetensors"];
  const file = names.map((name) => join(folder, name)).find((path) => existsSync(path));
  return Number((statSync(file).size / 1e6).toFixed(1));
}

async function accuracy({ model, modelDtype }) {
  const [{ model: scored }] = await evaluate({
    data: [test],
    task: "class",
    train,
    model,
    modelDtype,
  });
  const of = (key) => scored.metrics.find((metric) => metric.key === key).value;
  return { knn: of("knn_accuracy"), logreg: of("logreg_accuracy") };
}

const { rows } = await loadDataset(train);
const texts = rows.slice(0, 1000).map(({ text }) => text);

/** Texts that a model embeds in a second. */
async function rate({ encoder }) {
  const started = performance.now();
  await encoder.encode(texts);
  return texts.length / ((performance.now() - started) / 1000);
}

const opened = [];
for (const [name, { model, modelDtype }] of Object.entries(models)) {
  const encoder = await loadModel(model, { dtype: modelDtype });
  await encoder.encode(texts.slice(0, 64));
  opened.push({ name, encoder, rates: [] });
}
for (let round = 0; round < ROUNDS; round++)
  for (const one of opened) one.rates.push(await rate(one));
for (const { encoder } of opened) await encoder.release();
if (values.rates) {
  for (const { name, rates } of opened) console.log(name, rates.map(Math.round).join(" "));
  process.exit();
}

const results = [];
for (const { name, rates } of opened) {
  const { knn, logreg } = await accuracy(models[name]);
  const { model, modelDtype } = models[name];
  const textsPerSecond = Math.round(rates.sort((a, b) => a - b)[Math.floor(ROUNDS / 2)]);
  results.push({
    name,
    knn,
    logreg,
    megabytes: megabytes(model, modelDtype === "q8"),
    textsPerSecond,
  });
}
console.table(results);
if (values.write)
  writeFileSync(
    join(here, "results", "domain.json"),
    `${JSON.stringify({ machine: machine(), epochs: Number(values.epochs), results }, null, 2)}\n`,
  );
