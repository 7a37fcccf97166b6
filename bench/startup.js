// Milliseconds from a cold start of the program: to the end of `embtune --help`, and to the first vector of the bundled model.
// Run: npm run build && node bench/startup.js [--write]   (--write stores bench/results/startup.json)
import { spawnSync } from "node:child_process";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { machine } from "./machine.js";

const here = dirname(fileURLToPath(import.meta.url));
const program = join(here, "..", "bin", "embtune.js");
const folder = mkdtempSync(join(tmpdir(), "embtune-startup-"));
const text = join(folder, "one.txt");
writeFileSync(text, "one text\n");

const library = join(here, "..", "dist", "index.js");
const firstVector = `import { loadModel } from ${JSON.stringify(library)};
const model = await loadModel();
await model.encode(["one text"]);
await model.release();`;

function time(args, rounds = 9) {
  const times = Array.from({ length: rounds }, () => {
    const started = performance.now();
    const { status, stderr } = spawnSync(process.execPath, args, { cwd: folder });
    if (status !== 0) throw new Error(String(stderr));
    return performance.now() - started;
  });
  times.sort((a, b) => a - b);
  return { median: Math.round(times[Math.floor(rounds / 2)]), best: Math.round(times[0]) };
}

const results = {
  help: time([program, "--help"]),
  trainHelp: time([program, "train", "--help"]),
  node: time(["--eval", ""]),
  firstVector: time(["--input-type=module", "--eval", firstVector]),
  embedOneText: time([program, "embed", text, "--out", join(folder, "v.npy"), "--overwrite"]),
};
console.log(results);
if (process.argv.includes("--write")) {
  const record = {
    command: "node bench/startup.js --write",
    machine: machine(),
    unit: "ms",
    results,
  };
  writeFileSync(join(here, "results", "startup.json"), `${JSON.stringify(record, null, 2)}\n`);
}
