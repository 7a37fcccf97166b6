import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { expect } from "vitest";
import { readLog } from "../../src/training/run-folder/log.js";

/** A Python with sentence-transformers 6, from EMBTUNE_PYTHON. */
export const python = process.env.EMBTUNE_PYTHON;

const updatesOf = (run: string) =>
  readLog(join(run, "log.jsonl")).flatMap((record) => ("loss" in record ? [record] : []));

/** Runs a recipe's script in so many processes on the processor, and expects the losses, norms and rates of the run, update by update. */
export function expectSameUpdates(run: string, recipe: string, processes: number): void {
  const out = `${recipe} in ${processes}`;
  const launch = ["-m", "torch.distributed.run", "--nproc-per-node", String(processes)];
  const script = [join(recipe, "train.py"), "--cpu", "--out", out];
  const args = processes === 1 ? script : [...launch, ...script];
  const env = { ...process.env, OMP_NUM_THREADS: "1" };
  const { status, stderr } = spawnSync(String(python), args, { env });
  expect(status, String(stderr)).toBe(0);
  const ours = updatesOf(run);
  const theirs = updatesOf(out);
  expect(ours.length).toBe(20);
  expect(theirs.length).toBe(20);
  for (const [i, { loss, gradNorm, lr }] of ours.entries()) {
    expect(theirs[i].loss / loss).toBeCloseTo(1, 5);
    expect(theirs[i].gradNorm / gradNorm).toBeCloseTo(1, 4);
    expect(theirs[i].lr).toBeCloseTo(lr, 12);
  }
}
