import { type FileHandle, open } from "node:fs/promises";
import type { StoredVectors, VectorType } from "./vector-type.js";

/** What a file will hold. */
export interface VectorLayout {
  readonly rows: number;
  /** Stored elements of a row. */
  readonly cols: number;
  readonly type: VectorType;
  /** Source columns that are kept beside text and vector. */
  readonly columns: readonly string[];
  /** What formats with a place for it say about the vectors. */
  readonly metadata: Readonly<Record<string, string>>;
}

/** Some rows of a file. */
export interface RowBatch {
  readonly texts: readonly string[];
  /** Cells of the kept columns, row by row. */
  readonly cells: readonly (readonly string[])[];
  readonly vectors: StoredVectors;
}

/** A file being written. */
export interface FormatWriter {
  readonly write: (batch: RowBatch) => Promise<void>;
  /** Completes and closes the file; its content has reached the disk. */
  readonly finish: () => Promise<void>;
  /** Closes the file as it is. */
  readonly abort: () => Promise<void>;
}

/** A format of embeddings files, by its file name extension. */
export interface EmbeddingFormat {
  readonly extension: string;
  readonly types: readonly VectorType[];
  /** Whether texts and source columns stand beside the vectors. */
  readonly hasText: boolean;
  /** The name of a second file that belongs to the first, where the format has one. */
  readonly beside?: (path: string) => string;
  readonly open: (path: string, layout: VectorLayout, beside?: string) => Promise<FormatWriter>;
  /** Where the rows of a written file begin, for putting files together; undefined where rows are not plain bytes. */
  readonly bodyStart: ((file: FileHandle) => Promise<number>) | undefined;
  /** Reads a written file back, a batch at a time, where `bodyStart` is undefined. A damaged file is a UserError. */
  readonly readBack?: (path: string, layout: VectorLayout) => AsyncGenerator<RowBatch>;
  /** The bytes before the rows. */
  readonly header: (layout: VectorLayout) => Uint8Array;
}

/** A writer of a header and then bytes a batch. */
export async function bytesWriter(
  path: string,
  header: Uint8Array,
  bytesOf: (batch: RowBatch) => Uint8Array,
): Promise<FormatWriter> {
  const file = await open(path, "w");
  await file.writeFile(header);
  return {
    write: (batch) => file.writeFile(bytesOf(batch)),
    finish: async () => {
      await file.sync();
      await file.close();
    },
    abort: () => file.close(),
  };
}
