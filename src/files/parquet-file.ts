import { UserError } from "../errors/user-error.js";
import { fileError } from "./files.js";
import { reportWait } from "./progress.js";
import { requireReadable } from "./usable-path.js";

/** Some consecutive rows of a Parquet file: the values of each column. */
interface ParquetRows {
  readonly rows: number;
  /** By column, in the order of `columns`. */
  readonly values: readonly ArrayLike<unknown>[];
}

/** An open Parquet file. */
export interface ParquetFile {
  /** Names of the top columns, in the order of the schema. */
  readonly columns: readonly string[];
  /** A row group at a time: memory does not grow with the file. */
  readonly groups: () => AsyncGenerator<ParquetRows>;
}

/** Opens a Parquet file of any usual compression. UserError: bad-parquet with `hint`, and those of the disk. */
export async function openParquetFile(path: string, hint: string): Promise<ParquetFile> {
  const { asyncBufferFromFile, parquetMetadataAsync, parquetScan, parquetSchema } = await import(
    "hyparquet"
  );
  const { compressors } = await import("hyparquet-compressors");
  requireReadable(path);
  const file = await asyncBufferFromFile(path).catch((error: unknown) => {
    throw fileError(error, path);
  });
  const readable = <T>(reading: Promise<T>): Promise<T> =>
    reading.catch((cause: unknown) => {
      throw badParquet(path, cause, hint);
    });
  const metadata = await readable(parquetMetadataAsync(file));
  const columns = parquetSchema(metadata).children.map(({ element }) => element.name);
  async function* groups(): AsyncGenerator<ParquetRows> {
    const scan = await readable(parquetScan({ file, metadata, compressors }));
    const report = reportWait(`reading ${path}`, "rows", Number(metadata.num_rows));
    try {
      for (const { rowStart, rowEnd } of scan.ranges) {
        const rows = rowEnd - rowStart;
        const reading = columns.map((column) => scan.readColumn({ column, rowStart, rowEnd }));
        yield { rows, values: await readable(Promise.all(reading)) };
        report.add(rows);
      }
    } finally {
      report.end();
    }
  }
  return { columns, groups };
}

function badParquet(path: string, cause: unknown, hint: string): UserError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new UserError("bad-parquet", `is a Parquet file that cannot be read: ${reason}`, {
    at: { file: path },
    hint,
    cause,
  });
}
