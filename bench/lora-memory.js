// Memory of a LoRA run on a random Qwen3-like folder: what --dry-run states beside the largest resident set of the run.
//
//   npm run build && node bench/lora-memory.js [--layers 8] [--hidden 768] [--tune lora] [--steps 4] [--keep FOLDER]
//
// The default has 80 million parameters, 320 MB in float32. The data are those of data/support.
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { architectureParameters } from "../dist/encoder/architectures/registry.js";
import { writeTensors } from "../dist/files/tensor-file.js";
import { createRandom } from "../dist/math/random.js";
import { float32 } from "../dist/math/tensor.js";
import { measureCommand } from "./measure-command.js";

const { values: options } = parseArgs({
  options: {
    layers: { type: "string", default: "8" },
    hidden: { type: "string", default: "768" },
    tune: { type: "string", default: "lora" },
    steps: { type: "string", default: "4" },
    keep: { type: "string" },
  },
});
const root = dirname(dirname(fileURLToPath(import.meta.url)));
const work = options.keep ?? mkdtempSync(join(tmpdir(), "embtune bench "));
const model = join(work, "model");

async function writeModel() {
  mkdirSync(model, { recursive: true });
  for (const file of ["tokenizer.json", "tokenizer_config.json"])
    copyFileSync(join(root, "models/embtune-mini-en", file), join(model, file));
  const hidden = Number(options.hidden);
  const config = {
    model_type: "qwen3",
    hidden_size: hidden,
    num_hidden_layers: Number(options.layers),
    num_attention_heads: hidden / 64,
    num_key_value_heads: hidden / 128,
    head_dim: 64,
    intermediate_size: 3 * hidden,
    vocab_size: 30_522,
    max_position_embeddings: 512,
    hidden_act: "silu",
    rms_norm_eps: 1e-6,
    rope_theta: 10_000,
  };
  writeFileSync(join(model, "config.json"), JSON.stringify(config));
  const random = createRandom(1, "bench/lora-memory");
  const tensors = new Map();
  let bytes = 0;
  for (const [name, shape] of architectureParameters(config, "config.json")) {
    const size = shape.reduce((a, b) => a * b, 1);
    bytes += 4 * size;
    const scale = shape.length === 1 ? 0 : 0.02;
    const data = Float32Array.from({ length: size }, () =>
      scale === 0 ? 1 : scale * (2 * random.uniform() - 1),
    );
    tensors.set(name, float32(shape, data));
  }
  await writeTensors(join(model, "model.safetensors"), tensors);
  return bytes;
}

try {
  const megabytes = Math.round((await writeModel()) / 2 ** 20);
  const data = [
    "data/support/train.csv",
    "--eval",
    "data/support/dev.csv",
    "--model",
    model,
    "--pooling",
    "last",
  ];
  const tuned = [
    "--tune",
    options.tune,
    "--batch-size",
    "16",
    "--steps",
    options.steps,
    "--threads",
    "2",
  ];
  const args = ["train", ...data, ...tuned, "--out", join(work, "run")];
  const dry = measureCommand([...args, "--dry-run", "--json"]);
  const { memory } = JSON.parse(dry.stdout);
  const run = measureCommand([...args, "--overwrite", "--quiet"]);
  const stated = Math.round(memory.total / 2 ** 20);
  console.log({
    weights: megabytes,
    stated,
    measured: run.peakMegabytes,
    ratio: Number((run.peakMegabytes / stated).toFixed(2)),
    dryRun: dry.peakMegabytes,
    seconds: run.seconds,
  });
} finally {
  if (options.keep === undefined) rmSync(work, { recursive: true });
}
