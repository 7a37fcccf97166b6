// Attacks the built program at random and counts what came of it: flipped bits, kills, signals, full disks and closed outputs against
// a run; hostile model folders, data files, option values and paths. The same seed gives the same attacks.
//
//     node scripts/attack-test.js [--count 500] [--seed 1] [--only flip,kill] [--jobs 2] [--minutes 10]
//
// Prints one JSON document of counts. An attack holds when the program gave the right result or refused with a reason; the exit code is 1 where one
// did not: a wrong result in silence, a hang, an abort, a fault it calls its own, a stack.
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { dataFile, modelFolder, optionValue, samePath } from "./attacks/inputs.js";
import { embtune, random } from "./attacks/program.js";
import {
  closedOutput,
  encoder,
  flip,
  fullDisk,
  interrupt,
  kill,
  prepareRuns,
} from "./attacks/runs.js";

/** Each kind of attack and how many of twenty are of it. */
const kinds = [
  ["flip", flip, 5],
  ["model folder", modelFolder, 4],
  ["data file", dataFile, 3],
  ["option value", optionValue, 2],
  ["same path", samePath, 1],
  ["kill", kill, 1],
  ["signal", interrupt, 1],
  ["full disk", fullDisk, 2],
  ["closed output", closedOutput, 1],
];

const { values } = parseArgs({
  options: {
    count: { type: "string", default: "500" },
    seed: { type: "string", default: "1" },
    only: { type: "string" },
    jobs: { type: "string", default: "2" },
    minutes: { type: "string", default: "Infinity" },
  },
});

/** The order of kinds, each as often as its share. */
function schedule(draw) {
  const wanted = values.only?.split(",");
  const chosen = kinds.filter(([name]) => wanted === undefined || wanted.includes(name));
  const bag = chosen.flatMap(([name, attack, share]) => Array(share).fill([name, attack]));
  return Array.from({ length: Number(values.count) }, (_, i) =>
    i < bag.length * Math.floor(Number(values.count) / bag.length)
      ? bag[i % bag.length]
      : draw.of(bag),
  );
}

/** Binary data files to damage, written by the program itself. */
async function prepareData(folder) {
  const files = ["vectors.npy", "vectors.parquet", "pairs.jsonl"].map((name) => join(folder, name));
  for (const file of files) {
    const args = file.endsWith(".jsonl")
      ? ["data", "prepare", "data/support/train.csv", "--as", "pairs", "--out", file]
      : ["embed", "data/support/sentences.txt", "--model", encoder, "--out", file];
    const { code, stderr } = await embtune(args);
    if (code !== 0) throw new Error(stderr);
  }
  return files;
}

const folder = mkdtempSync(join(tmpdir(), "embtune-attack-"));
try {
  const runs = await prepareRuns(folder);
  const prepared = await prepareData(folder);
  const queue = schedule(random(Number(values.seed))).entries();
  const counts = {};
  const failures = [];
  const work = async () => {
    for (const [i, [kind, attack]] of queue) {
      if (performance.now() > Number(values.minutes) * 60_000) break;
      const place = join(folder, `attack ${i}`);
      mkdirSync(place);
      const draw = random(Number(values.seed) * 1_000_003 + i);
      const { name, run } = attack({ runs, prepared, draw, place });
      const problem = await run().catch((error) => `broke the script: ${error.stack}`);
      counts[kind] ??= { attacks: 0, held: 0 };
      const count = counts[kind];
      count.attacks += 1;
      if (problem === undefined) count.held += 1;
      else {
        failures.push({ attack: i, kind, name, problem: problem.slice(0, 600) });
        process.stderr.write(`${i} ${kind}: ${name}: ${problem.slice(0, 600)}\n`);
      }
      rmSync(place, { recursive: true, force: true });
    }
  };
  await Promise.all(Array.from({ length: Number(values.jobs) }, work));
  const attacks = Object.values(counts).reduce((sum, count) => sum + count.attacks, 0);
  const held = Object.values(counts).reduce((sum, count) => sum + count.held, 0);
  process.stdout.write(
    `${JSON.stringify({ seed: Number(values.seed), attacks, held, counts, failures }, null, 2)}\n`,
  );
  if (held < attacks) process.exitCode = 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
