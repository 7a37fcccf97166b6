// The main job on the bundled encoder and data, through the program itself: fine-tune on the support questions, measure
// before and after on sentences that played no part in training or selection, write vectors to a file.
import { spawnSync } from "node:child_process";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const out = "runs/demo";

function embtune(...args) {
  process.stdout.write(`\n$ npx embtune ${args.join(" ")}\n`);
  const { status } = spawnSync(process.execPath, [join(root, "bin/embtune.js"), ...args], {
    cwd: root,
    stdio: "inherit",
  });
  if (status !== 0) process.exit(status ?? 1);
}

const started = performance.now();
embtune(
  "train",
  "data/support/train.csv",
  "--eval",
  "data/support/dev.csv",
  "--epochs",
  "30",
  "--out",
  out,
  "--overwrite",
);
embtune("evaluate", "data/support/test.csv", "--model", out);
embtune(
  "embed",
  "data/support/sentences.txt",
  "--model",
  out,
  "--out",
  `${out}/vectors.npy`,
  "--overwrite",
);
const seconds = ((performance.now() - started) / 1000).toFixed(0);
process.stdout.write(
  `\nDone in ${seconds} s. The tuned model is in ${out}/model, the vectors in ${out}/vectors.npy.\n`,
);
