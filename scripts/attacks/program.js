// Runs the program under attack and judges how it ended.
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const program = join(root, "bin", "embtune.js");

/** Seconds after which a command counts as hanging; EMBTUNE_ATTACK_LIMIT for machines with much else to do. */
const LIMIT = Number(process.env.EMBTUNE_ATTACK_LIMIT ?? 90);

/**
 * Runs embtune. `shell`: a prefix such as `ulimit -f 8;`. `send`: [milliseconds, signal] pairs. `stdio`: what stdout and stderr are.
 */
export function embtune(args, { shell = "", send = [], stdio = ["pipe", "pipe"] } = {}) {
  return new Promise((resolve) => {
    const command = [process.execPath, program, ...args, "--quiet"];
    const child = spawn("bash", ["-c", `${shell} exec "$0" "$@"`, ...command], {
      cwd: root,
      stdio: ["ignore", ...stdio],
    });
    const begun = performance.now();
    const said = { stdout: "", stderr: "" };
    for (const name of ["stdout", "stderr"])
      child[name]?.on("data", (chunk) => {
        said[name] += chunk;
      });
    let hung = false;
    let signalled;
    const timers = send.map(([after, signal]) =>
      setTimeout(() => {
        signalled = performance.now();
        child.kill(signal);
      }, after),
    );
    const limit = setTimeout(() => {
      hung = true;
      child.kill("SIGKILL");
    }, LIMIT * 1000);
    child.on("close", (code, signal) => {
      for (const timer of [...timers, limit]) clearTimeout(timer);
      const now = performance.now();
      const sinceSignal = signalled === undefined ? 0 : now - signalled;
      resolve({ code, signal, hung, ms: now - begun, sinceSignal, ...said });
    });
  });
}

/** What is wrong with how a command ended, whatever its result; undefined: nothing. */
export function badEnd({ code, signal, hung, stderr }, sent = []) {
  if (hung) return `hung for ${LIMIT} s`;
  if (signal !== null && !sent.includes(signal)) return `aborted by ${signal}: ${stderr}`;
  if (code !== null && ![0, 1, 2, 130].includes(code)) return `ended with ${code}: ${stderr}`;
  if (/internal error/.test(stderr)) return `called it its own fault: ${stderr}`;
  if (/^\s+at .+:\d+:\d+/m.test(stderr)) return `showed a stack: ${stderr}`;
  if (code > 0 && code < 3 && !/error: /.test(stderr)) return `gave no reason: ${stderr}`;
  return undefined;
}

export function hashOf(...path) {
  const file = join(...path);
  if (!existsSync(file)) return "missing";
  return createHash("sha256").update(readFileSync(file)).digest("hex");
}

/** Paths of all files of a folder. */
export function filesIn(folder) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name))
    .sort();
}

/** Numbers in [0, 1) from a seed (mulberry32), with the draws that attacks need. */
export function random(seed) {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
  const below = (n) => Math.floor(next() * n);
  return { next, below, of: (items) => items[below(items.length)] };
}
