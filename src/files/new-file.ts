import { existsSync, mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { usageError } from "../errors/user-error.js";
import { type FileContent, fileError, writeFileAtomic } from "./files.js";

export interface NewFileOptions {
  /** The option that names the file, for the error. Default `--out`. */
  readonly option?: string;
  /** Replace a file of that name. */
  readonly overwrite?: boolean;
}

/** A usage error (`out-exists`) when there is something of that name and it is not to be replaced. */
export function refuseExisting(path: string, options: NewFileOptions = {}): void {
  if (options.overwrite === true || !existsSync(path)) return;
  throw usageError(
    "out-exists",
    `${options.option ?? "--out"} "${path}" exists`,
    "choose another name, or add --overwrite",
  );
}

/**
 * Writes a new file whole or not at all and makes its folder where it is missing. A symbolic link of that name is replaced, not
 * followed. UserError: out-exists, and those of `fileError`.
 */
export async function writeNewFile(
  path: string,
  content: FileContent,
  options: NewFileOptions = {},
): Promise<void> {
  refuseExisting(path, options);
  try {
    mkdirSync(dirname(path), { recursive: true });
  } catch (error) {
    throw fileError(error, path);
  }
  await writeFileAtomic(path, content);
}
