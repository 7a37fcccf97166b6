// Attacks on a run: flipped bits, kills, signals, full disks and closed outputs. What comes out must be what the run that was left
// alone gave, or nothing.
import { cpSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { badEnd, embtune, filesIn, hashOf } from "./program.js";

export const encoder = "test/fixtures/encoders/bert-torchscript-14";
const dev = "data/support/dev.csv";

/** The run under attack: twelve updates of a head on a tiny encoder. */
export const training = [
  ...["train", "data/support/train.csv", "--eval", dev, "--model", encoder, "--threads", "1"],
  ...["--objective", "infonce", "--steps", "12", "--batch-size", "16", "--eval-every", "3"],
  ...["--save-every", "3", "--keep", "4", "--head", "mlp", "--no-report"],
];

const modelOf = (run) => hashOf(run, "model", "onnx", "model.onnx");

/** What each reading of a run gives: a text to compare. */
const readings = {
  "evaluate RUN": async (run) => embtune(["evaluate", dev, "--model", run, "--json"]),
  "evaluate RUN:9": async (run) => embtune(["evaluate", dev, "--model", `${run}:9`, "--json"]),
  "export RUN": (run, to) => embtune(["export", run, "--to", to]),
  "export RUN:9": (run, to) => embtune(["export", `${run}:9`, "--to", to]),
};

/** Results without times and paths. */
function resultOf(reading, { stdout }, to) {
  if (reading.startsWith("export"))
    return filesIn(to)
      .filter((file) => /\.(onnx|safetensors)$|tokenizer\.json$|modules\.json$/.test(file))
      .map((file) => `${relative(to, file)} ${hashOf(file)}`)
      .join("\n");
  const { metrics, scores, model } = JSON.parse(stdout);
  return JSON.stringify([metrics, scores, model?.metrics]);
}

/** The finished run, the same as stopped after step 9, and what they give undisturbed. */
export async function prepareRuns(folder) {
  const whole = join(folder, "whole");
  const end = await embtune([...training, "--out", whole]);
  if (end.code !== 0) throw new Error(end.stderr);
  const stopped = join(folder, "stopped");
  cpSync(whole, stopped, { recursive: true });
  rmSync(join(stopped, "model"), { recursive: true });
  rmSync(join(stopped, "checkpoints", "step-000012"), { recursive: true });
  const wanted = {};
  for (const [name, read] of Object.entries(readings)) {
    const to = join(folder, `reference ${name.replace(/\W/g, " ")}`);
    const result = await read(whole, to);
    if (result.code !== 0) throw new Error(result.stderr);
    wanted[name] = resultOf(name, result, to);
  }
  rmSync(join(whole, "cache"), { recursive: true, force: true });
  return { whole, stopped, wanted, model: modelOf(whole), milliseconds: end.ms };
}

/** One flipped bit anywhere in a run, then something reads it. */
export function flip({ runs, draw, place }) {
  const name = draw.of(["resume", ...Object.keys(readings)]);
  const source = name === "resume" ? runs.stopped : runs.whole;
  const parts = [...new Set(filesIn(source).map((file) => kindOf(relative(source, file))))];
  const part = draw.of(parts);
  const file = draw.of(filesIn(source).filter((own) => kindOf(relative(source, own)) === part));
  const at = draw.next();
  return {
    name: `${name} after bit ${at.toFixed(4)} of ${relative(source, file)} was flipped`,
    run: async () => {
      const run = join(place, "run");
      cpSync(source, run, { recursive: true });
      const path = join(run, relative(source, file));
      const bytes = readFileSync(path);
      const bit = Math.floor(at * bytes.length * 8);
      bytes[bit >> 3] ^= 1 << (bit & 7);
      writeFileSync(path, bytes);
      if (name === "resume") return resumed(run, runs.model, { refusable: true });
      const to = join(place, "to");
      const end = await readings[name](run, to);
      const bad = badEnd(end);
      if (bad !== undefined || end.code !== 0) return bad;
      return resultOf(name, end, to) === runs.wanted[name] ? undefined : "gave another result";
    },
  };
}

/** Files of one kind are as likely as those of another, however many there are. */
function kindOf(name) {
  return name.replace(/(step|best)-\d+/, "$1").replace(/sentence-transformers.*/, "other form");
}

async function resumed(run, wanted, { refusable = false } = {}) {
  const end = await embtune(
    existsSync(join(run, "run.json"))
      ? ["train", "--resume", run, "--no-report"]
      : [...training, "--out", run],
  );
  const bad = badEnd(end);
  if (bad !== undefined) return bad;
  if (end.code !== 0) return refusable ? undefined : `was not resumed: ${end.stderr}`;
  if (existsSync(join(run, "run.lock"))) return "left its lock";
  const left = readdirSync(run).filter((name) => name.endsWith(".tmp"));
  if (left.length > 0) return `left ${left}`;
  return modelOf(run) === wanted ? undefined : "ended differently";
}

/** SIGKILL at a random moment, then resume. */
export function kill({ runs, draw, place }) {
  const after = draw.next() * runs.milliseconds;
  return {
    name: `killed after ${after.toFixed(0)} ms`,
    run: async () => {
      const run = join(place, "run");
      await embtune([...training, "--out", run], { send: [[after, "SIGKILL"]] });
      return resumed(run, runs.model);
    },
  };
}

/** A signal at a random moment and another a second later: the end comes within two seconds of it, and the run can be resumed. */
export function interrupt({ runs, draw, place }) {
  const signal = draw.of(["SIGINT", "SIGTERM", "SIGHUP"]);
  const after = draw.next() * runs.milliseconds;
  return {
    name: `${signal} after ${after.toFixed(0)} ms`,
    run: async () => {
      const run = join(place, "run");
      const send = [
        [after, signal],
        [after + 1000, signal],
      ];
      const end = await embtune([...training, "--out", run], { send });
      const bad = badEnd(end, [signal]);
      if (bad !== undefined) return bad;
      if (end.sinceSignal > 2000) return `took ${end.sinceSignal.toFixed(0)} ms to end`;
      return resumed(run, runs.model);
    },
  };
}

/** Files may only grow so large, as on a disk that is full; then there is room again. */
export function fullDisk({ runs, draw, place }) {
  const kib = 1 + draw.below(24);
  return {
    name: `files of at most ${kib} KiB`,
    run: async () => {
      const run = join(place, "run");
      const end = await embtune([...training, "--out", run], { shell: `ulimit -f ${kib};` });
      return badEnd(end) ?? resumed(run, runs.model);
    },
  };
}

/** Nobody reads stdout or stderr, or their disk is full. */
export function closedOutput({ runs, draw, place }) {
  const which = draw.of(["stdout", "stderr"]);
  const how = draw.of(["closed", "full"]);
  const number = which === "stdout" ? 1 : 2;
  const shell =
    how === "full" ? `exec ${number}>/dev/full;` : `exec ${number}> >(exit 0); sleep 0.1;`;
  return {
    name: `${which} is ${how}`,
    run: async () => {
      const run = join(place, "run");
      const end = await embtune([...training, "--out", run], { shell });
      if (end.hung || end.signal !== null) return badEnd(end);
      if (existsSync(join(run, "run.lock"))) return "left its lock";
      const code = which === "stdout" ? 1 : 0;
      if (end.code !== code) return `ended with ${end.code}: ${end.stderr}`;
      return modelOf(run) === runs.model ? undefined : resumed(run, runs.model);
    },
  };
}
