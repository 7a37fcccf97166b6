// Writes folders in the sentence-transformers form, of every small encoder of the tests without a head and with heads, and
// embtune's own vectors beside them, for bench/python/interop.py to compare:
//
//     node bench/interop.js WORK && python bench/python/interop.py WORK --out bench/results/interop-sentence-transformers-6.json
//
// Heads are drawn at random and not trained: what is checked is that both worlds compute the same.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { HEAD_NAMES, headParameters, headSpec } from "../dist/encoder/head.js";
import { loadEncoder } from "../dist/encoder/load.js";
import { normalizedRows } from "../dist/evaluation/cosine.js";
import { mixedTexts } from "../dist/export/sample-texts.js";
import { writeSentenceTransformersFolder } from "../dist/export/sentence-transformers/folder.js";
import { createRandom } from "../dist/math/random.js";
import { float32 } from "../dist/math/tensor.js";
import { openRuntime } from "../dist/runtime/runtime.js";
import { openHead } from "../dist/training/head-student.js";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const work = process.argv[2];
if (work === undefined) throw new Error("usage: node bench/interop.js WORK");
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

async function writeCase(runtime, { encoder, name, head }) {
  const folder = `${name}-${head?.spec.kind ?? "none"}`;
  await writeSentenceTransformersFolder(join(work, folder), { encoder: encoder.info, head });
  let vectors = await encoder.encode(texts);
  if (head !== undefined) {
    const open = await openHead(runtime, head.spec);
    vectors = await open.apply(vectors, head.parameters);
    await open.release();
    if (encoder.info.normalize) vectors = normalizedRows(vectors);
  }
  writeVectors(join(work, `${folder}.npy`), vectors);
  const tokens = `${folder}.tokens.json`;
  const ids = encoder.tokenize(texts).map((row) => [...row]);
  writeFileSync(join(work, tokens), JSON.stringify(ids));
  return { name: folder, folder, tokens, texts: "texts.json", vectors: `${folder}.npy` };
}

const texts = mixedTexts(60);
writeFileSync(join(work, "texts.json"), JSON.stringify(texts));
const fixtures = join(root, "test/fixtures/encoders");
const models = readdirSync(fixtures, { withFileTypes: true })
  .filter((entry) => entry.isDirectory() && !entry.name.includes("quantised"))
  .map((entry) => [entry.name, join(fixtures, entry.name)]);
models.push(["embtune-mini-en", join(root, "models/embtune-mini-en")]);
const shared = join(root, "../shared/models/all-MiniLM-L6-v2");
if (existsSync(shared)) models.push(["all-MiniLM-L6-v2", shared]);

const runtime = await openRuntime({ threads: 1 });
const folders = [];
for (const [name, model] of models) {
  const encoder = await loadEncoder({ model, runtime });
  for (const kind of [undefined, "linear", "mlp"]) {
    const head = kind === undefined ? undefined : randomHead(kind, encoder.info.dimension);
    folders.push(await writeCase(runtime, { encoder, name, head }));
  }
  await encoder.release();
  process.stdout.write(`${name}: ${encoder.info.pooling}, normalised ${encoder.info.normalize}\n`);
}
await runtime.close();

const run = join(work, "run");
if (!existsSync(run)) {
  const args = [
    "train",
    "data/support/train.csv",
    "--eval",
    "data/support/dev.csv",
    "--steps",
    "10",
  ];
  const program = join(root, "bin/embtune.js");
  const { status } = spawnSync(process.execPath, [program, ...args, "--out", run, "--quiet"], {
    cwd: root,
  });
  if (status !== 0) throw new Error("the run whose checkpoint is read failed");
}
const checkpoint = "run/checkpoints/step-000010";
const files = readdirSync(join(work, checkpoint)).filter((name) => name.endsWith(".safetensors"));
const cases = { folders, checkpoints: files.map((name) => `${checkpoint}/${name}`) };
writeFileSync(join(work, "cases.json"), JSON.stringify(cases, null, 2));
