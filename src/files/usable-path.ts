import { lstatSync, realpathSync, type Stats, statSync } from "node:fs";
import { resolve, sep } from "node:path";
import { UserError, usageError } from "../errors/user-error.js";

/**
 * Refuses, before anything is opened, what can never be read to its end or would wait for somebody: a folder, a device, and a pipe
 * unless `pipes` are read once. A path that is not there is left to whoever opens it. UserError: not-a-file.
 */
export function requireReadable(path: string, { pipes = false } = {}): void {
  const stats = statsOf(path, statSync);
  if (stats === undefined || stats.isFile()) return;
  if (stats.isFIFO() && pipes) return;
  const what = kindOf(stats);
  throw new UserError("not-a-file", `is ${what}, expected a file`, {
    exitCode: 2,
    at: { file: path },
    hint: stats.isDirectory()
      ? "name a file inside it"
      : "save what it gives to a file, and name that",
  });
}

/** Refuses to put a file in the place of a folder, a pipe or a device. A link is replaced, not followed. UserError: not-a-file. */
export function requireReplaceable(path: string): void {
  const stats = statsOf(path, lstatSync);
  if (stats === undefined || stats.isFile() || stats.isSymbolicLink()) return;
  throw new UserError("not-a-file", `is ${kindOf(stats)}, and a file would take its place`, {
    exitCode: 2,
    at: { file: path },
    hint: "choose another name",
  });
}

/**
 * Refuses an output that is one of the inputs, by name, by a symbolic or by a hard link: what is read must outlive what is written.
 * `option` names the output. Usage error: same-file.
 */
export function refuseSameFile(
  output: string | undefined,
  inputs: readonly (string | undefined)[],
  option = "--out",
): void {
  if (output === undefined) return;
  const same = inputs.find((input) => input !== undefined && sameFile(output, input));
  if (same === undefined) return;
  throw usageError(
    "same-file",
    `${option} "${output}" is the same file as "${same}", which is read`,
    "choose another name",
  );
}

function sameFile(first: string, second: string): boolean {
  if (resolve(first) === resolve(second)) return true;
  const [a, b] = [first, second].map((path) => statsOf(path, statSync));
  return a !== undefined && b !== undefined && a.ino !== 0 && a.ino === b.ino && a.dev === b.dev;
}

function statsOf(path: string, look: (path: string) => Stats): Stats | undefined {
  try {
    return look(path);
  } catch {
    return undefined;
  }
}

function kindOf(stats: Stats): string {
  if (stats.isDirectory()) return "a folder";
  if (stats.isFIFO()) return "a pipe";
  return stats.isSocket() ? "a socket" : "a device";
}

/**
 * Refuses a folder that is to be written and holds an input, or is one: what is in it may be replaced before it is read. Usage
 * error: input-inside.
 */
export function refuseInside(folder: string, inputs: readonly (string | undefined)[]): void {
  const home = realPath(folder);
  const inside = inputs.find((input) => {
    const path = input === undefined ? undefined : realPath(input);
    return path !== undefined && (path === home || path.startsWith(home + sep));
  });
  if (inside === undefined) return;
  throw usageError(
    "input-inside",
    `--out "${folder}" holds "${inside}", which is read`,
    "choose another --out, or move the input out of it",
  );
}

function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return resolve(path);
  }
}
