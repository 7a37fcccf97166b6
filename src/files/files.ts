import { createHash, randomUUID } from "node:crypto";
import { createReadStream, statSync } from "node:fs";
import { mkdir, open, readdir, rename, rm, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { UserError, usageError } from "../errors/user-error.js";
import { reportWait } from "./progress.js";
import { requireReplaceable } from "./usable-path.js";

/** Appends to the file being written. Text is written as UTF-8. */
type Append = (chunk: Uint8Array | string) => Promise<void>;

/** The whole content, or a function that appends it piece by piece. */
export type FileContent = Uint8Array | string | ((append: Append) => Promise<void>);

/** What the operating system's codes mean for a user: code of the UserError, sentence, hint. */
const FILE_ERRORS: Readonly<Record<string, readonly [string, string, string]>> = {
  ENOSPC: ["disk-full", "the disk is full", "free some space, or write to another disk"],
  EDQUOT: ["disk-full", "the disk quota is used up", "free some space, or write to another disk"],
  EFBIG: ["disk-full", "the file grows too large for its disk", "write to another disk"],
  EROFS: ["read-only", "the file system is read-only", "write to another folder"],
  EACCES: ["no-permission", "permission is denied", "check who owns the folder and its mode"],
  EPERM: ["no-permission", "the operation is not permitted", "check who owns it and its mode"],
  ENOENT: ["file-missing", "no such file or folder", "check the path"],
  ENOTDIR: ["not-a-folder", "part of the path is a file, not a folder", "check the path"],
  EEXIST: ["not-a-folder", "a file of that name is in the way", "choose another path"],
  EISDIR: ["not-a-file", "it is a folder, expected a file", "check the path"],
  ERR_FS_FILE_TOO_LARGE: ["file-too-large", "it is larger than 2 GiB", "use a smaller file"],
  EMFILE: ["too-many-files", "too many files are open", "raise the limit: ulimit -n 4096"],
};

/**
 * The error of a file operation as a UserError that names the path, says what happened and what to do:
 * codes disk-full, read-only, no-permission, file-missing, not-a-folder, not-a-file, file-too-large, too-many-files. Any other error
 * is returned as it is.
 */
export function fileError(error: unknown, path: string): Error {
  const known = FILE_ERRORS[(error as NodeJS.ErrnoException)?.code ?? ""];
  if (error instanceof UserError || known === undefined) {
    return error instanceof Error ? error : new Error(String(error));
  }
  const [code, message, hint] = known;
  return new UserError(code, message, { at: { file: path }, hint, cause: error });
}

/**
 * Writes a file whole or not at all: into a temporary file beside it, which is synchronised with the disk and then
 * renamed. On failure the temporary file is removed and an earlier file of that name is as it was. The folder must
 * exist. Throws UserErrors of `fileError`.
 */
export async function writeFileAtomic(path: string, content: FileContent): Promise<void> {
  requireReplaceable(path);
  const temporary = temporaryBeside(path);
  try {
    await writeSynced(temporary, content);
    await rename(temporary, path);
    await syncPath(dirname(path));
  } catch (error) {
    await rm(temporary, { force: true });
    throw fileError(error, path);
  }
}

/**
 * Writes a folder whole or not at all: `fill` writes into a temporary folder beside it, whose files are synchronised
 * with the disk before it is renamed. A folder of that name is replaced. On failure the temporary folder is removed
 * and the earlier folder is as it was. The parent must exist. Throws UserErrors of `fileError`.
 */
export async function writeFolderAtomic(
  target: string,
  fill: (folder: string) => Promise<void>,
): Promise<void> {
  const temporary = temporaryBeside(target);
  try {
    await mkdir(temporary);
    await fill(temporary);
    await syncTree(temporary);
    await replaceFolder(target, temporary);
    await syncPath(dirname(target));
  } catch (error) {
    await rm(temporary, { recursive: true, force: true });
    throw fileError(aboutTarget(error, temporary, target), target);
  }
}

/** An error about a file of the temporary folder as one about the folder that was meant: the other is gone by now. */
function aboutTarget(error: unknown, temporary: string, target: string): unknown {
  if (!(error instanceof UserError) || !error.at?.file.startsWith(temporary)) return error;
  const { code, message, exitCode, hint } = error;
  const options = { exitCode, at: { file: target }, cause: error };
  return new UserError(code, message, hint === undefined ? options : { ...options, hint });
}

/** SHA-256 of a file, 64 hexadecimal digits, read as a stream. Throws UserErrors of `fileError`. */
export async function sha256File(path: string): Promise<string> {
  const hash = createHash("sha256");
  const report = reportWait(`hashing ${path}`, "bytes", sizeOf(path));
  try {
    for await (const chunk of createReadStream(path, { highWaterMark: 2 ** 20 })) {
      hash.update(chunk);
      report.add(chunk.length);
    }
  } catch (error) {
    throw fileError(error, path);
  } finally {
    report.end();
  }
  return hash.digest("hex");
}

function sizeOf(path: string): number | undefined {
  return statSync(path, { throwIfNoEntry: false })?.size;
}

/** Bytes that are written between two reports. */
const PIECE = 2 ** 22;

/** Writes a large file and tells how far it is. Throws what the disk says. */
export async function writeReporting(path: string, bytes: Uint8Array): Promise<void> {
  const report = reportWait(`writing ${basename(path)}`, "bytes", bytes.length);
  const file = await open(path, "w");
  try {
    for (let start = 0; start < bytes.length; start += PIECE) {
      const piece = bytes.subarray(start, start + PIECE);
      await file.writeFile(piece);
      report.add(piece.length);
    }
  } finally {
    report.end();
    await file.close();
  }
}

/**
 * Makes sure that `path` is an empty folder, creating it and its parents where absent. Throws a usage error
 * (`out-not-empty`, `out-not-a-folder`) where there is something already.
 */
export async function ensureEmptyFolder(path: string): Promise<void> {
  await createFolder(path);
  const entries = await readdir(path);
  if (entries.length === 0) return;
  throw usageError(
    "out-not-empty",
    `the folder "${path}" exists and is not empty`,
    "choose another --to, or empty the folder",
  );
}

async function createFolder(path: string): Promise<void> {
  try {
    await mkdir(path, { recursive: true });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") throw notAFolder(path);
    // Node says ENOENT when it cannot create a folder with its parents; creating it alone tells the reason.
    await mkdir(path).catch((reason: unknown) => Promise.reject(fileError(reason, path)));
  }
}

function notAFolder(path: string): UserError {
  const hint = "choose another folder";
  return usageError("out-not-a-folder", `"${path}" is a file, expected a folder`, hint);
}

function temporaryBeside(path: string): string {
  return join(dirname(path), `.${basename(path)}.${randomUUID().slice(0, 8)}.tmp`);
}

async function writeSynced(path: string, content: FileContent): Promise<void> {
  const file = await open(path, "wx");
  try {
    if (typeof content === "function") await content((chunk) => file.writeFile(chunk));
    else await file.writeFile(content);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Moves the earlier folder aside first: a rename cannot replace a folder that is not empty. */
async function replaceFolder(target: string, fresh: string): Promise<void> {
  const aside = temporaryBeside(target);
  const replaced = await renamed(target, aside);
  try {
    await rename(fresh, target);
  } catch (error) {
    if (replaced) await rename(aside, target);
    throw error;
  }
  if (replaced) await rm(aside, { recursive: true, force: true });
}

async function renamed(from: string, to: string): Promise<boolean> {
  try {
    await rename(from, to);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return false;
    throw error;
  }
}

async function syncTree(folder: string): Promise<void> {
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) await syncTree(path);
    else await syncPath(path);
  }
  await syncPath(folder);
}

/** Flushing a file needs write access on Windows, where folders cannot be opened at all. */
async function syncPath(path: string): Promise<void> {
  const isFolder = (await stat(path)).isDirectory();
  if (isFolder && process.platform === "win32") return;
  const file = await open(path, isFolder ? "r" : "r+");
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}
