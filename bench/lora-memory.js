// Memory of a LoRA run on a random Qwen3-like folder: what --dry-run states beside the largest resident set of the run.
//
//   npm run build && node bench/lora-memory.js [--layers 8] [--hidden 768] [--tune lora] [--steps 4] [--keep FOLDER]
//
// The default has 80 million parameters, 320 MB in float32. The data are those of data/support.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { measureCommand } from "./measure-command.js";
import { writeRandomFolder } from "./random-folder.js";

const { values: options } = parseArgs({
  options: {
    layers: { type: "string", default: "8" },
    hidden: { type: "string", default: "768" },
    tune: { type: "string", default: "lora" },
    steps: { type: "string", default: "4" },
    keep: { type: "string" },
  },
});
const work = options.keep ?? mkdtempSync(join(tmpdir(), "embtune bench "));
const model = join(work, "model");

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

try {
  const megabytes = Math.round((await writeRandomFolder(model, config)) / 2 ** 20);
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
