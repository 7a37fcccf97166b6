import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { UserError } from "../../src/errors/user-error.js";

const folder = mkdtempSync(join(tmpdir(), "embtune-dataset-"));
let next = 0;

/** Writes a file of its own folder and returns its path. */
export function temporaryFile(content: string | Uint8Array, name = "data.csv"): string {
  next += 1;
  const path = join(folder, `${next}-${name}`);
  writeFileSync(path, content);
  return path;
}

/** A new empty folder. */
export function temporaryFolder(): string {
  return mkdtempSync(join(folder, "folder-"));
}

/** The UserError that the promise rejects with; anything else fails the test. */
export async function userErrorOf(promise: Promise<unknown>): Promise<UserError> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof UserError) return error;
  throw new Error(`expected a UserError, got ${String(error)}`, { cause: error });
}

/** All items of an async iterable. */
export async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}
