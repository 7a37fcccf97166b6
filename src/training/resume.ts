import { isDeepStrictEqual } from "node:util";
import { usageError } from "../errors/user-error.js";
import { kebabCase } from "../objectives/option.js";
import { newestCheckpoint, type RunState, readCheckpoint, type Weights } from "./checkpoint.js";
import { type RunRecord, readRun, runPaths } from "./run-folder.js";

/** Where an interrupted run goes on. */
export interface ResumePoint {
  readonly state: RunState;
  readonly weights: Weights;
}

/** Options that may differ between a run and its continuation: none of them changes a number. */
const free = new Set(["out", "threads", "keep", "allowDownload"]);

/**
 * The newest checkpoint of the run, once it is certain that everything it depends on is what it was: data files, base model and
 * options. What differs is a usage error that names it.
 */
export function resumePoint(run: string, now: RunRecord): ResumePoint {
  const before = readRun(run);
  const changes = differences(before, now);
  if (changes.length > 0) {
    throw usageError(
      "run-changed",
      `the run "${run}" cannot be resumed: ${changes.join("; ")}`,
      "restore what changed, or start a new run with another --out",
    );
  }
  const newest = newestCheckpoint(runPaths(run).checkpoints);
  if (newest === undefined) {
    throw usageError(
      "no-checkpoint",
      `the run "${run}" has no checkpoint to resume from`,
      "start it again with --overwrite",
    );
  }
  return readCheckpoint(newest);
}

function differences(before: RunRecord, now: RunRecord): string[] {
  const changes: string[] = [];
  const compare = (what: string, was: unknown, is: unknown): void => {
    if (!isDeepStrictEqual(was, is)) changes.push(`${what} was ${show(was)}, is now ${show(is)}`);
  };
  if (before.data.sha256 !== now.data.sha256) changes.push(`${now.data.path} has changed`);
  if (before.eval?.sha256 !== now.eval?.sha256) {
    changes.push(`${now.eval?.path ?? before.eval?.path} has changed`);
  }
  if (before.base.hash !== now.base.hash)
    changes.push(`the base model ${now.base.path} has changed`);
  const names = new Set([...Object.keys(before.options), ...Object.keys(now.options)]);
  for (const name of names) {
    if (free.has(name)) continue;
    const key = name as keyof RunRecord["options"];
    compare(`--${kebabCase(name)}`, before.options[key], now.options[key]);
  }
  return changes;
}

function show(value: unknown): string {
  return value === undefined ? "not set" : JSON.stringify(value);
}
