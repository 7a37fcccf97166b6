import { createHash } from "node:crypto";
import { createReadStream, type ReadStream, readdirSync, statSync } from "node:fs";
import { basename, dirname } from "node:path";
import { pipeline, Readable } from "node:stream";
import { createGunzip } from "node:zlib";
import { invariant } from "../../errors/internal.js";
import { nearest } from "../../errors/suggest.js";
import { UserError } from "../../errors/user-error.js";
import { type ProgressReport, reportWait } from "../../files/progress.js";
import { requireReadable } from "../../files/usable-path.js";

/** The bytes of a file, decompressed, once. */
export interface ByteSource {
  /** The first bytes (fewer when the file is shorter); `chunks` brings them again. */
  readonly head: Buffer;
  /** Whether `head` is the whole file. */
  readonly complete: boolean;
  /** Whether the stored bytes are compressed. */
  readonly gzip: boolean;
  readonly chunks: AsyncGenerator<Buffer>;
  /** SHA-256 of the stored (compressed) bytes in hex; known when `chunks` has ended. */
  sha256(): string;
  close(): void;
}

/**
 * Opens `file` ("-": standard input), inflates it when it begins with gzip's magic number, and looks at the first `headBytes`.
 * UserError: missing-file, not-a-file, unreadable-file, broken-gzip.
 */
export async function openBytes(file: string, headBytes: number): Promise<ByteSource> {
  if (file !== "-") requireReadable(file, { pipes: true });
  const stream = openStream(file);
  const report = reading(file);
  let digest: string | undefined;
  const stored = hashed(stream, report, file, (hex) => {
    digest = hex;
  });
  try {
    const start = await peek(stored, 2);
    const gzip = start.head[0] === 0x1f && start.head[1] === 0x8b;
    const { head, complete, chunks } = await peek(
      gzip ? inflate(start.chunks, file) : start.chunks,
      headBytes,
    );
    return {
      head,
      complete,
      gzip,
      chunks,
      sha256: () => {
        invariant(digest !== undefined, `the hash of ${file} is known only after reading it`);
        return digest;
      },
      close: () => {
        report.end();
        stream.destroy();
      },
    };
  } catch (error) {
    report.end();
    stream.destroy();
    throw error;
  }
}

/** Tells how much of the stored bytes has been read. */
function reading(file: string): ProgressReport {
  if (file === "-") return reportWait("reading standard input", "bytes", undefined);
  const stats = statSync(file, { throwIfNoEntry: false });
  return reportWait(`reading ${file}`, "bytes", stats?.isFile() ? stats.size : undefined);
}

function openStream(file: string): ReadStream {
  const highWaterMark = 1 << 18;
  return file === "-"
    ? createReadStream("", { fd: 0, autoClose: false, highWaterMark })
    : createReadStream(file, { highWaterMark });
}

async function* hashed(
  stream: ReadStream,
  report: ProgressReport,
  file: string,
  done: (hex: string) => void,
): AsyncGenerator<Buffer> {
  const hash = createHash("sha256");
  try {
    for await (const chunk of stream) {
      hash.update(chunk);
      report.add(chunk.length);
      yield chunk;
    }
  } catch (error) {
    throw unreadable(file, error);
  } finally {
    report.end();
  }
  done(hash.digest("hex"));
}

/** Reads ahead until `bytes` are there, and gives them back as the first chunk. */
async function peek(
  source: AsyncGenerator<Buffer>,
  bytes: number,
): Promise<{
  readonly head: Buffer;
  readonly complete: boolean;
  readonly chunks: AsyncGenerator<Buffer>;
}> {
  const parts: Buffer[] = [];
  let size = 0;
  let complete = false;
  while (size < bytes) {
    const next = await source.next();
    if (next.done === true) {
      complete = true;
      break;
    }
    parts.push(next.value);
    size += next.value.length;
  }
  const head = parts.length === 1 ? parts[0] : Buffer.concat(parts);
  return { head, complete, chunks: resume(head, source) };
}

async function* resume(head: Buffer, source: AsyncGenerator<Buffer>): AsyncGenerator<Buffer> {
  if (head.length > 0) yield head;
  yield* source;
}

async function* inflate(chunks: AsyncGenerator<Buffer>, file: string): AsyncGenerator<Buffer> {
  const gunzip = createGunzip({ chunkSize: 1 << 18 });
  // The loop below throws what goes wrong; pipeline only has to carry it from one stream to the other.
  pipeline(Readable.from(chunks), gunzip, () => {});
  try {
    for await (const chunk of gunzip) yield chunk;
  } catch (error) {
    if (error instanceof UserError) throw error;
    throw new UserError(
      "broken-gzip",
      `is a gzip file that is truncated or damaged (${reason(error)})`,
      {
        at: { file },
        hint: "compress or copy the file again",
        cause: error,
      },
    );
  }
}

function unreadable(file: string, error: unknown): Error {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  if (code === "ENOENT" || code === "ENOTDIR") {
    return new UserError("missing-file", "no such file", {
      exitCode: 2,
      at: { file },
      hint: nearFile(file),
      cause: error,
    });
  }
  if (code === "EISDIR") {
    return new UserError("not-a-file", "is a folder, expected a file of rows", {
      exitCode: 2,
      at: { file },
      hint: "name a file inside it",
      cause: error,
    });
  }
  return new UserError("unreadable-file", `cannot be read (${reason(error)})`, {
    at: { file },
    hint: "check that the file is there and that you may read it",
    cause: error,
  });
}

function nearFile(file: string): string {
  try {
    const near = nearest(basename(file), readdirSync(dirname(file)));
    if (near !== undefined) return `did you mean "${near}" in ${dirname(file)}?`;
  } catch {
    return `the folder ${dirname(file)} does not exist either`;
  }
  return "check the path; it is taken relative to the folder you are in";
}

function reason(error: unknown): string {
  return error instanceof Error ? error.message.toLowerCase() : String(error);
}
