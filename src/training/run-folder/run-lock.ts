import { randomUUID } from "node:crypto";
import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { UserError } from "../../errors/user-error.js";
import { fileError } from "../../files/files.js";

/** Who trains in a run folder: the content of its run.lock. */
interface Holder {
  readonly pid: number;
  readonly host: string;
  /** When the process began, in the system's own clock, so that a later process with the same number is told from it. */
  readonly started?: string | undefined;
}

/** The claim of one process on a run folder. */
export interface RunLock {
  readonly release: () => void;
}

/** Locks of this very process: a claim by its own number is stale unless it is one of these. */
const held = new Set<string>();

/**
 * Claims a run folder for this process by a file `run.lock` that only one process can create. The claim of a process that is
 * no longer there is taken over. Throws UserError `run-locked` where another trainer is at work.
 */
export function lockRun(run: string): RunLock {
  const path = join(run, "run.lock");
  while (!created(path)) takeOver(path, run);
  held.add(path);
  return {
    release: () => {
      held.delete(path);
      rmSync(path, { force: true });
    },
  };
}

/** Gives up all claims of this process, for when it is about to end where it stands. */
export function releaseAll(): void {
  for (const path of held) rmSync(path, { force: true });
  held.clear();
}

function created(path: string): boolean {
  const started = startOf(process.pid);
  const holder: Holder = { pid: process.pid, host: hostname(), started };
  const text = `${JSON.stringify(holder)}\n`;
  try {
    appear(path, text);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw fileError(error, path);
  }
}

/** File systems without hard links answer so. */
const WITHOUT_LINKS = new Set(["EPERM", "ENOTSUP", "EOPNOTSUPP", "ENOSYS", "EMLINK"]);

/**
 * Makes a file that is whole from the moment it has its name: another process that finds an empty lock would take it for a dead
 * one's. EEXIST where there is one already.
 */
function appear(path: string, text: string): void {
  const beside = `${path}.${process.pid}.${randomUUID().slice(0, 8)}`;
  try {
    writeFileSync(beside, text, { flag: "wx" });
    linkSync(beside, path);
  } catch (error) {
    if (!WITHOUT_LINKS.has((error as NodeJS.ErrnoException).code ?? "")) throw error;
    writeFileSync(path, text, { flag: "wx" });
  } finally {
    rmSync(beside, { force: true });
  }
}

/** Moves a dead process's lock away; of several that try, the rename succeeds for one. */
function takeOver(path: string, run: string): void {
  const holder = read(path);
  if (holder === undefined) return;
  if (isAlive(holder, path)) throw locked(run, holder, path);
  const aside = `${path}.${process.pid}`;
  try {
    renameSync(path, aside);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return;
    throw fileError(error, path);
  }
  const moved = read(aside);
  if (moved !== undefined && isAlive(moved, path)) {
    // Another process took over between the look and the rename: its lock goes back.
    renameSync(aside, path);
    throw locked(run, moved, path);
  }
  rmSync(aside, { force: true });
}

/** Undefined where there is no lock; a damaged one counts as nobody's. */
function read(path: string): Holder | undefined {
  try {
    const { pid, host, started } = JSON.parse(readFileSync(path, "utf8")) as Partial<Holder>;
    return { pid: Number(pid), host: String(host), started };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    if (error instanceof SyntaxError) return { pid: Number.NaN, host: hostname() };
    throw fileError(error, path);
  }
}

/** A process on another machine cannot be asked, so it counts as alive. */
function isAlive({ pid, host, started }: Holder, path: string): boolean {
  if (host !== hostname()) return true;
  if (pid === process.pid) return held.has(path);
  if (!Number.isInteger(pid) || pid < 1) return false;
  try {
    process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
  return started === undefined || started === startOf(pid);
}

/** Field 22 of /proc/PID/stat, counted behind the command's closing bracket; undefined where there is no /proc. */
function startOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19];
  } catch {
    return undefined;
  }
}

function locked(run: string, { pid, host }: Holder, path: string): UserError {
  const where = host === hostname() ? "" : ` on ${host}`;
  return new UserError("run-locked", `process ${pid}${where} is training in "${run}"`, {
    hint: `wait for it or stop it; if it is no embtune, remove ${path}`,
  });
}
