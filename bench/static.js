// Texts a second that a static model embeds, and milliseconds that an update of its table takes, by the table's size.
//
//   npm run build && node bench/static.js [--model FOLDER] [--texts 50000] [--rounds 3]
//
// Without --model the table is random, 30,000 rows of 256, with the bundled encoder's tokenizer. Texts are SNLI's premises and hypotheses from
// ../shared. Processor time is told beside the clock's: on a machine that does other things only the former says what a quiet one does.
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { parse } from "csv-parse/sync";
import { loadEncoder } from "../dist/encoder/load.js";
import { writeTensors } from "../dist/files/tensor-file.js";
import { createRandom } from "../dist/math/random.js";
import { float32 } from "../dist/math/tensor.js";
import { ADAMW_DEFAULTS, adamWUpdate } from "../dist/optim/adamw.js";
import { addRows, clearRows, gradientNorm } from "../dist/optim/gradient.js";
import { allocateParameters } from "../dist/optim/parameter-memory.js";
import { openRuntime } from "../dist/runtime/runtime.js";

const here = dirname(fileURLToPath(import.meta.url));
const { values: options } = parseArgs({
  options: {
    model: { type: "string" },
    texts: { type: "string", default: "50000" },
    rounds: { type: "string", default: "3" },
  },
});
const WIDTH = 256;

async function randomModel(folder) {
  mkdirSync(folder, { recursive: true });
  const tokenizer = join(here, "../models/embtune-mini-en/tokenizer.json");
  copyFileSync(tokenizer, join(folder, "tokenizer.json"));
  const rows = Object.keys(JSON.parse(readFileSync(tokenizer, "utf8")).model.vocab).length;
  const random = createRandom(1, "bench/static");
  const data = Float32Array.from({ length: rows * WIDTH }, () => random.normal());
  await writeTensors(
    join(folder, "model.safetensors"),
    new Map([["embeddings", float32([rows, WIDTH], data)]]),
  );
  writeFileSync(
    join(folder, "config.json"),
    JSON.stringify({ model_type: "model2vec", normalize: true }),
  );
  return folder;
}

function texts() {
  const rows = parse(readFileSync(join(here, "../../shared/data/snli/train_subset18k.csv")), {
    columns: true,
  });
  const distinct = new Set(rows.flatMap(({ premise, hypothesis }) => [premise, hypothesis]));
  return [...distinct].slice(0, Number(options.texts));
}

/** Milliseconds of an update in which 3,000 distinct rows have a gradient. */
function updateTime(rows) {
  const spec = {
    name: "table",
    shape: [rows, WIDTH],
    data: new Float32Array(rows * WIDTH),
    decay: true,
    learningRateScale: 1,
    sparse: true,
    lazy: true,
  };
  const memory = allocateParameters([spec]);
  const [block] = memory.blocks;
  const indices = Int32Array.from({ length: 3000 }, (_, i) => Math.floor((i * rows) / 3000));
  const gradient = { indices, rows: new Float32Array(3000 * WIDTH).fill(0.01) };
  const times = [];
  for (let step = 1; step <= 12; step++) {
    const start = performance.now();
    const touched = new Map([["table", addRows(memory, block, gradient)]]);
    gradientNorm(memory, touched);
    adamWUpdate(memory, ADAMW_DEFAULTS, { step, learningRate: 0.1, gradientScale: 1 }, touched);
    clearRows(block, touched.get("table"));
    times.push(performance.now() - start);
  }
  return times.toSorted((a, b) => a - b)[6];
}

const work = mkdtempSync(join(tmpdir(), "embtune bench "));
const runtime = await openRuntime({ threads: 1 });
try {
  const model = options.model ?? (await randomModel(join(work, "static")));
  const encoder = await loadEncoder({ model, runtime });
  const list = texts();
  for (let round = 0; round < Number(options.rounds); round++) {
    const [start, cpu] = [performance.now(), process.cpuUsage()];
    await encoder.encode(list);
    const { user, system } = process.cpuUsage(cpu);
    const rate = (microseconds) => Math.round((1e6 * list.length) / microseconds);
    console.log({
      texts: list.length,
      textsPerSecond: rate(1e3 * (performance.now() - start)),
      perProcessorSecond: rate(user + system),
    });
  }
  for (const rows of [10_000, 30_000, 100_000, 300_000])
    console.log({ rows, updateMilliseconds: Number(updateTime(rows).toFixed(2)) });
} finally {
  await runtime.close();
  rmSync(work, { recursive: true });
}
