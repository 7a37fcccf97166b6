// Kills a training run at random moments, resumes it, and compares what it ends with to a run that was left alone: parameters,
// moments and state of the last checkpoint and the exported model must be the same bytes, and the log valid JSON Lines.
//
//     node scripts/kill-test.js [--times 100] [--seed 1] [-- options of train in place of the default run]
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { lastCheckpoint, sha256 } from "./run-outcome.js";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const { values, positionals } = parseArgs({
  options: { times: { type: "string", default: "100" }, seed: { type: "string", default: "1" } },
  allowPositionals: true,
});
const steps = 200;
const training =
  positionals.length > 0
    ? positionals
    : [
        ...["data/support/train.csv", "--eval", "data/support/dev.csv", "--head", "mlp"],
        ...["--steps", String(steps), "--save-every", "20", "--eval-every", "50", "--no-report"],
      ];

/** Runs embtune; after `killAfter` milliseconds it gets a SIGKILL. Gives the exit code, null where it was killed. */
function embtune(args, killAfter) {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [join(root, "bin/embtune.js"), ...args, "--quiet"], {
      cwd: root,
      stdio: ["ignore", "ignore", "pipe"],
    });
    let stderr = "";
    child.stderr.on("data", (chunk) => {
      stderr += chunk;
    });
    const timer =
      killAfter === undefined ? undefined : setTimeout(() => child.kill("SIGKILL"), killAfter);
    child.on("close", (code) => {
      clearTimeout(timer);
      resolve({ code, stderr });
    });
  });
}

async function must(args) {
  const { code, stderr } = await embtune(args);
  if (code !== 0) throw new Error(`embtune ${args.join(" ")} ended with ${code}: ${stderr}`);
}

/** File → SHA-256 of everything that the end of a run consists of. */
function outcome(run) {
  const checkpoint = lastCheckpoint(run);
  const files = [
    ...["parameters.safetensors", "optimizer.safetensors", "state.json"].map((name) =>
      join(checkpoint, name),
    ),
    join("model", "onnx", "model.onnx"),
  ];
  return Object.fromEntries(files.map((file) => [file, sha256(join(run, file))]));
}

/** Every line must be JSON, whatever the last one was cut to; the updates from the last resume on must follow each other. */
function checkLog(run, killed) {
  const path = join(run, "log.jsonl");
  if (!existsSync(path)) return;
  const text = readFileSync(path, "utf8");
  const lines = text.split("\n");
  if (!killed && lines.at(-1) !== "") throw new Error(`${path} does not end with a whole line`);
  let step = 0;
  for (const line of lines.slice(0, -1)) {
    const record = JSON.parse(line);
    if (record.resumed !== undefined) step = record.resumed;
    if (record.loss === undefined) continue;
    step += 1;
    if (record.step !== step)
      throw new Error(`${path}: step ${record.step} stands where ${step} should`);
  }
}

/** Numbers in [0, 1) from a linear congruential generator: the same moments at each call. */
function random(seed) {
  let state = Number(seed) >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

const folder = mkdtempSync(join(tmpdir(), "embtune-kill-"));
try {
  const reference = join(folder, "reference");
  const started = performance.now();
  await must(["train", ...training, "--out", reference]);
  const duration = performance.now() - started;
  const wanted = JSON.stringify(outcome(reference));
  const draw = random(values.seed);
  const times = Number(values.times);
  const counts = { killed: 0, "before run.json": 0, "before a checkpoint": 0 };
  for (let i = 1; i <= times; i++) {
    const run = join(folder, `run-${i}`);
    const { code } = await embtune(["train", ...training, "--out", run], 0.9 * draw() * duration);
    if (code === null) counts.killed += 1;
    checkLog(run, true);
    if (!existsSync(join(run, "run.json"))) {
      counts["before run.json"] += 1;
      await must(["train", ...training, "--out", run]);
    } else {
      const saved = readdirSync(join(run, "checkpoints")).some((name) => name.startsWith("step-"));
      if (!saved) counts["before a checkpoint"] += 1;
      await must(["train", "--resume", run, "--no-report"]);
    }
    checkLog(run, false);
    if (JSON.stringify(outcome(run)) !== wanted)
      throw new Error(`kill ${i}: ${run} ended differently`);
    rmSync(run, { recursive: true });
  }
  process.stdout.write(
    `${JSON.stringify({ times, ...counts, millisecondsOfTheRun: Math.round(duration), identical: true })}\n`,
  );
} finally {
  rmSync(folder, { recursive: true, force: true });
}
