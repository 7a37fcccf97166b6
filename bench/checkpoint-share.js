// The share of a run's time that checkpoints take at the default --save-every, and the peak memory of the whole run.
//
//   npm run build && node bench/checkpoint-share.js
//
// Two runs with all-MiniLM-L6-v2 on SNLI dev (../shared), evaluated on STS-B dev: one epoch of triplets with --tune full, ten epochs of
// pairs with a head. A checkpoint's time is that from the event before it to its own; the training's from its first update to its end,
// evaluations included. Each run is a process of its own. Writes bench/results/checkpoint-share.json.
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { train } from "../dist/index.js";
import { machine } from "./machine.js";
import { snliTriplets } from "./snli-triplets.js";

const here = dirname(fileURLToPath(import.meta.url));
const shared = join(here, "../../shared");

async function measure({ settings }) {
  let last = 0;
  let begun = 0;
  const spent = { checkpoints: 0, count: 0 };
  await train({
    ...settings,
    onEvent: ({ type, record }) => {
      const now = performance.now();
      if (type === "step" && record.step === 1) begun = now - record.msPerStep;
      if (type === "checkpoint") {
        spent.checkpoints += now - last;
        spent.count += 1;
      }
      last = now;
    },
  });
  const training = last - begun;
  return {
    checkpoints: spent.count,
    secondsEach: spent.checkpoints / spent.count / 1000,
    trainingSeconds: training / 1000,
    share: spent.checkpoints / training,
    peakRssMB: Math.round(process.resourceUsage().maxRSS / 1024),
  };
}

if (process.argv[2] !== undefined) {
  process.stdout.write(`${JSON.stringify(await measure(JSON.parse(process.argv[2])))}\n`);
} else {
  const work = mkdtempSync(join(tmpdir(), "embtune bench "));
  const data = join(work, "triplets.jsonl");
  const rows = snliTriplets(join(shared, "data/snli/dev.csv")).map(
    ([anchor, positive, [negative]]) => JSON.stringify({ anchor, positive, negative }),
  );
  writeFileSync(data, `${rows.join("\n")}\n`);
  const common = {
    data,
    eval: join(shared, "data/stsb/dev.csv"),
    model: join(shared, "models/all-MiniLM-L6-v2"),
    maxLength: 128,
  };
  const runs = {
    full: { ...common, tune: "full", epochs: 1, out: join(work, "full") },
    head: { ...common, tune: "head", epochs: 10, out: join(work, "head") },
  };
  const figures = { machine: machine() };
  for (const [name, settings] of Object.entries(runs)) {
    const script = fileURLToPath(import.meta.url);
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      [script, JSON.stringify({ settings })],
      { encoding: "utf8" },
    );
    if (status !== 0) throw new Error(stderr);
    figures[name] = JSON.parse(stdout.trim().split("\n").at(-1));
  }
  writeFileSync(
    join(here, "results/checkpoint-share.json"),
    `${JSON.stringify(figures, null, 2)}\n`,
  );
  console.log(figures);
  rmSync(work, { recursive: true });
}
