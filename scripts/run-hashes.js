// Prints the SHA-256 of the final parameters of eight short runs: head, lora, last:1 and full on two tiny encoders, with dropout off and a
// fixed seed. A change that only moves code prints the same lines before and after.
//
//     npm run build && node scripts/run-hashes.js [--threads 1]
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { lastCheckpoint, sha256 } from "./run-outcome.js";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const { values } = parseArgs({ options: { threads: { type: "string", default: "1" } } });
const encoders = ["bert-torchscript-14", "mpnet-dynamo-20"];
const tunes = [
  ["head", "--head", "mlp"],
  ["lora", "--prompts", "query=query: ,document=passage: "],
  ["last:1", "--head", "linear", "--head-dim", "8", "--matryoshka", "8,4"],
  ["full", "--symmetric", "--mini-batch-tokens", "256"],
];

/** SHA-256 of the last checkpoint's parameters, and of the exported model. */
function outcome(run) {
  const parameters = sha256(join(run, lastCheckpoint(run), "parameters.safetensors"));
  return `${parameters} ${sha256(join(run, "model", "onnx", "model.onnx")).slice(0, 16)}`;
}

const folder = mkdtempSync(join(tmpdir(), "embtune-hashes-"));
try {
  for (const encoder of encoders) {
    for (const [tune, ...options] of tunes) {
      const out = join(folder, `${encoder}-${tune.replace(":", "-")}`);
      const done = spawnSync(
        process.execPath,
        [
          ...[join(root, "bin/embtune.js"), "train", "data/support/train.csv"],
          ...["--eval", "data/support/dev.csv", "--model", `test/fixtures/encoders/${encoder}`],
          ...["--tune", tune, ...options, "--steps", "12", "--batch-size", "16", "--lr", "1e-3"],
          ...[
            "--objective",
            "infonce",
            "--interpolate",
            "off",
            "--out",
            out,
            "--threads",
            values.threads,
            "--quiet",
          ],
        ],
        { cwd: root, encoding: "utf8" },
      );
      if (done.status !== 0) throw new Error(`${encoder} ${tune}: ${done.stderr}`);
      process.stdout.write(`${encoder} ${tune} ${outcome(out)}\n`);
    }
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
