// Writes folders in both exported forms, of every small encoder of the tests without a head and with heads, runs with adapters, and
// embtune's own vectors beside them, for bench/python/interop.py to compare:
//
//     node bench/interop.js WORK [--only PATTERN] && python bench/python/interop.py WORK --out bench/results/interop-sentence-transformers-6.json
//
// With PATTERN, a regular expression, only the models whose names fit it, and no runs: `^weights-|^static-|^modules-` for the folders without
// an ONNX file. Heads are drawn at random and not trained: what is checked is that both worlds compute the same.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { HEAD_NAMES, headParameters, headSpec } from "../dist/encoder/head.js";
import { loadEncoder } from "../dist/encoder/load.js";
import { normalizedRows } from "../dist/evaluation/cosine.js";
import { writeModelFolder } from "../dist/export/model-folder.js";
import { openModelSource } from "../dist/export/model-source.js";
import { mixedTexts } from "../dist/export/sample-texts.js";
import { writeAdapterFolder } from "../dist/export/sentence-transformers/adapter-folder.js";
import { writeSentenceTransformersFolder } from "../dist/export/sentence-transformers/folder.js";
import { createRandom } from "../dist/math/random.js";
import { float32 } from "../dist/math/tensor.js";
import { openRuntime } from "../dist/runtime/runtime.js";
import { openHead } from "../dist/training/model/open-head.js";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: { only: { type: "string" } },
});
const [work] = positionals;
if (work === undefined) throw new Error("usage: node bench/interop.js WORK [--only PATTERN]");
mkdirSync(work, { recursive: true });

/** A head with random weights; what would be the identity is far from it. */
function randomHead(kind, size) {
  const spec = headSpec(size, { kind, dim: Math.ceil(size / 2), hidden: size + 3 });
  const random = createRandom(7, `interop/${kind}/${size}`);
  const parameters = new Map(
    headParameters(spec).map(({ name, shape }) => {
      const data = new Float32Array(shape.reduce((a, b) => a * b, 1));
      const scale = name === HEAD_NAMES.hiddenBias ? 0.5 : 1 / Math.sqrt(size);
      return [
        name,
        float32(
          shape,
          data.map(() => scale * random.normal()),
        ),
      ];
    }),
  );
  return { spec, parameters };
}

function writeVectors(path, { rows, cols, data }) {
  const header = `{'descr': '<f4', 'fortran_order': False, 'shape': (${rows}, ${cols}), }`;
  const padded = `${header.padEnd(117)}\n`;
  const start = Buffer.from([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0, 118, 0]);
  writeFileSync(
    path,
    Buffer.concat([start, Buffer.from(padded, "latin1"), Buffer.from(data.buffer)]),
  );
}

async function writeCase(runtime, { encoder, info, name, head }) {
  const folder = `${name}-${head?.spec.kind ?? "none"}`;
  const transformersjs = `${folder}-transformersjs`;
  await writeSentenceTransformersFolder(join(work, folder), { encoder: info, head });
  await writeModelFolder(join(work, transformersjs), { encoder: info, head });
  let vectors = await encoder.encode(texts);
  if (head !== undefined) {
    const open = await openHead(runtime, head.spec);
    vectors = await open.apply(vectors, head.parameters);
    await open.release();
    if (encoder.info.normalize) vectors = normalizedRows(vectors);
  }
  writeVectors(join(work, `${folder}.npy`), vectors);
  return { name: folder, folder, transformersjs, ...described(folder, encoder) };
}

/** The files beside a folder that tell what it must give. */
function described(folder, encoder, prompt = "") {
  const tokens = `${folder}.tokens.json`;
  const ids = encoder.tokenize(texts.map((text) => prompt + text)).map((row) => [...row]);
  writeFileSync(join(work, tokens), JSON.stringify(ids));
  return { tokens, texts: "texts.json", vectors: `${folder}.npy` };
}

/** A folder with prompts, of which the reader must put the right one before texts. */
async function writePrompted(runtime, { name, model, prompts, use }) {
  const encoder = await loadEncoder({ model, runtime, prompts });
  const folder = `${name}-as-${use}`;
  const transformersjs = `${folder}-transformersjs`;
  await writeSentenceTransformersFolder(join(work, folder), { encoder: encoder.info });
  await writeModelFolder(join(work, transformersjs), { encoder: encoder.info });
  const prompt = encoder.info.prompts[use];
  writeVectors(join(work, `${folder}.npy`), await encoder.encode(texts, { prompt }));
  const files = described(folder, encoder, prompt);
  await encoder.release();
  return { name: folder, folder, transformersjs, prompt: use, ...files };
}

/** Trains for a few steps into a folder of WORK, unless it is there. */
function trained(name, options) {
  const run = join(work, name);
  if (existsSync(run)) return run;
  const program = join(root, "bin/embtune.js");
  const data = ["data/support/train.csv", "--eval", "data/support/dev.csv"];
  const args = [program, "train", ...data, "--out", run, "--quiet", ...options];
  if (spawnSync(process.execPath, args, { cwd: root }).status !== 0)
    throw new Error(`the run ${name} failed`);
  return run;
}

/** A run with adapters: they alone in PEFT's layout, and the model with them merged. */
async function writeAdapters(runtime, { name, base, model, options }) {
  const lora = ["--tune", "lora", "--model", model, "--steps", "4", "--lr", "0.01"];
  const run = trained(`run-${name}`, [
    ...lora,
    "--batch-size",
    "16",
    "--save-every",
    "4",
    ...options,
  ]);
  const source = await openModelSource(`${run}:4`, runtime);
  mkdirSync(join(work, name), { recursive: true });
  await writeAdapterFolder(join(work, name, "adapter"), source.content);
  await writeSentenceTransformersFolder(join(work, name, "merged"), source.content);
  writeVectors(join(work, `${name}.npy`), await source.embed(texts));
  await source.release();
  const encoder = await loadEncoder({ model, runtime });
  const files = described(name, encoder);
  await encoder.release();
  return { name, base, adapter: `${name}/adapter`, merged: `${name}/merged`, ...files };
}

const texts = mixedTexts(60);
writeFileSync(join(work, "texts.json"), JSON.stringify(texts));
const fixtures = join(root, "test/fixtures/encoders");
const models = readdirSync(fixtures, { withFileTypes: true })
  .filter((entry) => entry.isDirectory() && !entry.name.includes("quantised"))
  .map((entry) => [entry.name, join(fixtures, entry.name)]);
const bundled = join(root, "models/embtune-mini-en");
models.push(["embtune-mini-en", bundled]);
const shared = join(root, "../shared/models/all-MiniLM-L6-v2");
if (existsSync(shared)) models.push(["all-MiniLM-L6-v2", shared]);
/** The folders of a place, by names that begin alike. */
function foldersIn(place, prefix, pattern = /./) {
  if (!existsSync(place)) return [];
  const names = readdirSync(place, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  return names
    .filter(({ name }) => pattern.test(name))
    .map(({ name }) => [`${prefix}${name}`, join(place, name)]);
}
models.push(
  ...foldersIn(join(root, "../shared/encoders"), "", /^weights-/),
  ...foldersIn(join(root, "test/fixtures/static"), "static-"),
  ...foldersIn(join(root, "test/fixtures/sentence-modules"), "modules-"),
);
const only = options.only === undefined ? undefined : new RegExp(options.only);
const chosen = models.filter(([name]) => only?.test(name) ?? true);
const adapted = new Set([
  bundled,
  shared,
  ...["distilbert-torchscript-14", "mpnet-torchscript-14"].map((name) => join(fixtures, name)),
]);

const runtime = await openRuntime({ threads: 1 });
const folders = [];
for (const [name, model] of chosen) {
  const encoder = await loadEncoder({ model, runtime });
  // A model with modules of its own gets no other head.
  const own = encoder.info.modules && (await loadEncoder({ model, runtime, modules: "leave" }));
  for (const kind of own === undefined ? [undefined, "linear", "mlp"] : [undefined]) {
    const head = kind === undefined ? undefined : randomHead(kind, encoder.info.dimension);
    folders.push(
      await writeCase(runtime, { encoder, info: own?.info ?? encoder.info, name, head }),
    );
  }
  await own?.release();
  await encoder.release();
  process.stdout.write(`${name}: ${encoder.info.pooling}, normalised ${encoder.info.normalize}\n`);
}
const two = { query: "query: ", document: "passage: to read, " };
for (const [name, prompts, use] of [
  ["two-prompts", two, "query"],
  ["two-prompts", two, "document"],
  ["one-prompt", "all of it: ", "query"],
  ["one-prompt", "all of it: ", "default"],
]) {
  if (only !== undefined) break;
  folders.push(await writePrompted(runtime, { name, model: bundled, prompts, use }));
}

const adapters = [];
for (const [name, model] of chosen.filter(([, path]) => adapted.has(path))) {
  const base = `${name}-none`;
  const all = ["--lora-targets", "all-linear", "--lora-rank", "4", "--head", "mlp"];
  adapters.push(
    await writeAdapters(runtime, { name: `${name}-lora`, base, model, options: [] }),
    await writeAdapters(runtime, {
      name: `${name}-lora-all-linear-mlp`,
      base,
      model,
      options: all,
    }),
  );
}
await runtime.close();

const checkpoint = "run/checkpoints/step-000010";
if (only === undefined) trained("run", ["--steps", "10"]);
const files =
  only === undefined
    ? readdirSync(join(work, checkpoint)).filter((name) => name.endsWith(".safetensors"))
    : [];
const cases = { folders, adapters, checkpoints: files.map((name) => `${checkpoint}/${name}`) };
writeFileSync(join(work, "cases.json"), JSON.stringify(cases, null, 2));
