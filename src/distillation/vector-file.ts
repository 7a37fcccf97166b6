import { type FileHandle, open } from "node:fs/promises";
import { npyFormat } from "../embeddings/binary-formats.js";
import { storeVectors } from "../embeddings/vector-type.js";
import { throwIfInterrupted } from "../errors/interrupted.js";
import { UserError } from "../errors/user-error.js";
import { normalizedRows } from "../evaluation/cosine.js";
import { writeFileAtomic } from "../files/files.js";
import { reportWait } from "../files/progress.js";
import { float16ToFloat32 } from "../math/float16.js";
import type { Matrix } from "../math/tensor.js";
import { project } from "./token-table.js";

/** Rows that are read at a time. */
const BLOCK = 4096;

/** A float16 .npy file of vectors [rows, cols], as `embed` writes it. */
export interface VectorFile {
  readonly path: string;
  readonly rows: number;
  readonly cols: number;
}

/** At most `wanted` rows at equal distances: [n, cols]. UserError cut-short where the file has fewer than `rows`. */
export async function sampleRows(source: VectorFile, wanted: number): Promise<Matrix> {
  const { rows, cols } = source;
  const count = Math.min(rows, wanted);
  const data = new Float32Array(count * cols);
  await withRows(source, async (read) => {
    for (let i = 0; i < count; i++)
      data.set(await read(Math.floor((i * rows) / count), 1), i * cols);
  });
  return { rows: count, cols, data };
}

/**
 * Writes XPᵀ of a file's rows X, each of unit length, as float16 again; memory does not grow with the rows. The signal stops it between
 * blocks and leaves nothing. UserError cut-short, as `sampleRows`.
 */
export async function writeProjected(
  source: VectorFile,
  directions: Matrix,
  { path, signal }: { readonly path: string; readonly signal?: AbortSignal | undefined },
): Promise<VectorFile> {
  const { rows, cols } = source;
  const k = directions.rows;
  const report = reportWait("turning the teacher's vectors", "rows", rows);
  await writeFileAtomic(path, async (append) => {
    await append(npyFormat.header({ rows, cols: k, type: "float16", columns: [], metadata: {} }));
    await withRows(source, async (read) => {
      for (let first = 0; first < rows; first += BLOCK) {
        throwIfInterrupted(signal);
        const count = Math.min(BLOCK, rows - first);
        const block = { rows: count, cols, data: await read(first, count) };
        const { data } = storeVectors(normalizedRows(project(block, directions)), "float16");
        await append(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
        report.add(count);
      }
    });
  }).finally(report.end);
  return { path, rows, cols: k };
}

async function withRows(
  { path, cols }: VectorFile,
  use: (read: (first: number, count: number) => Promise<Float32Array>) => Promise<void>,
): Promise<void> {
  const file: FileHandle = await open(path);
  try {
    const start = (await npyFormat.bodyStart?.(file)) ?? 0;
    await use(async (first, count) => {
      const half = new Uint16Array(count * cols);
      const bytes = new Uint8Array(half.buffer);
      const { bytesRead } = await file.read(bytes, 0, bytes.length, start + first * cols * 2);
      if (bytesRead < bytes.length) throw cutShort(path, first);
      return float16ToFloat32(half);
    });
  } finally {
    await file.close();
  }
}

function cutShort(file: string, row: number): UserError {
  return new UserError(
    "cut-short",
    `has fewer vectors than its manifest says, it ends behind row ${row} or soon after`,
    {
      at: { file },
      hint: "remove it and its manifest: the same call makes them again",
    },
  );
}
