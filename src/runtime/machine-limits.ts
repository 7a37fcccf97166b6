import { existsSync, readFileSync } from "node:fs";
import { availableParallelism, totalmem } from "node:os";
import { dirname, join } from "node:path";

/** What this process may use of the machine. */
interface MachineLimits {
  /** Cores that it may run on. */
  readonly cores: number;
  /** Cores' worth of time that its container gives it; undefined: no quota. */
  readonly quota: number | undefined;
  /** Threads that can run without being held up: the cores, or the quota rounded down, one at least. */
  readonly threads: number;
  /** Bytes of memory of the machine or, where that is less, its container's limit. */
  readonly memory: number;
  /** Whether the memory is limited by a container. */
  readonly memoryLimited: boolean;
}

/**
 * The limits as the operating system and the control groups (Linux, versions 1 and 2) state them; every group that holds this
 * process counts. A quota of 1.5 cores gives one thread: two would be stopped together for a quarter of the time, at a moment when
 * each waits for the other. `root` is the file system's.
 */
export function machineLimits(root = "/"): MachineLimits {
  const cores = availableParallelism();
  const quota = least(groupFolders(root, "cpu").map(quotaIn));
  const limit = least(groupFolders(root, "memory").map(memoryIn));
  const memory = Math.min(totalmem(), limit ?? Number.POSITIVE_INFINITY);
  return {
    cores,
    quota,
    threads: Math.max(1, Math.min(cores, Math.floor(quota ?? cores))),
    memory,
    memoryLimited: memory < totalmem(),
  };
}

function least(values: readonly (number | undefined)[]): number | undefined {
  const known = values.filter((value) => value !== undefined);
  return known.length === 0 ? undefined : Math.min(...known);
}

/** The group of this process that has the controller, and the groups around it. */
function groupFolders(root: string, controller: string): string[] {
  const mount = join(root, "sys", "fs", "cgroup");
  const lines = (textOf(join(root, "proc", "self", "cgroup")) ?? "").split("\n");
  return lines.flatMap((line) => {
    const [, controllers, path = ""] = /^\d+:([^:]*):(.*)$/.exec(line) ?? [];
    if (controllers === "") return ancestors(mount, path);
    if (!controllers?.split(",").includes(controller)) return [];
    return [
      ...ancestors(join(mount, controller), path),
      ...ancestors(join(mount, controllers), path),
    ];
  });
}

function ancestors(mount: string, path: string): string[] {
  const folders = [mount];
  for (let inner = join(mount, path); inner.length > mount.length; inner = dirname(inner))
    folders.push(inner);
  return folders.filter((folder) => existsSync(folder));
}

/** Version 2: `cpu.max` is "max 100000" or "150000 100000"; version 1 has a file for each number, −1 for none. */
function quotaIn(folder: string): number | undefined {
  const [most, period] = (textOf(join(folder, "cpu.max")) ?? "").trim().split(" ").map(Number);
  if (most > 0 && period > 0) return most / period;
  const quota = numberIn(join(folder, "cpu.cfs_quota_us"));
  const of = numberIn(join(folder, "cpu.cfs_period_us"));
  return quota !== undefined && quota > 0 && of !== undefined && of > 0 ? quota / of : undefined;
}

function memoryIn(folder: string): number | undefined {
  return numberIn(join(folder, "memory.max")) ?? numberIn(join(folder, "memory.limit_in_bytes"));
}

function numberIn(file: string): number | undefined {
  const text = textOf(file)?.trim();
  return text !== undefined && /^-?\d+$/.test(text) ? Number(text) : undefined;
}

function textOf(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return undefined;
  }
}
