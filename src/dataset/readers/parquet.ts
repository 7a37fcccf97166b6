import { UserError, usageError } from "../../errors/user-error.js";
import { openParquetFile, type ParquetFile } from "../../files/parquet-file.js";
import type { ByteSource } from "./bytes.js";
import type { BinaryFormat, OpenedFormat } from "./format.js";
import { openValues, type RecordValue } from "./json/records.js";
import { requireFewColumns } from "./limits.js";

/** Parquet, with list columns as lists and structs as objects of JSON; the line of a record is the number of its row. */
export const parquetFormat: BinaryFormat = {
  kind: "binary",
  name: "parquet",
  asked: ["parquet"],
  matches: (head) => head.subarray(0, 4).toString("latin1") === "PAR1",
  open: openParquet,
  describe: () => "Parquet",
};

async function openParquet(
  file: string,
  bytes: ByteSource,
  warnings: string[],
): Promise<OpenedFormat> {
  if (file === "-") {
    throw usageError(
      "needs-a-file",
      "Parquet cannot be read from standard input: its index stands at its end",
      "name the file",
    );
  }
  if (bytes.gzip) {
    throw new UserError("bad-parquet", "is a Parquet file inside gzip, which is not read", {
      at: { file },
      hint: `unpack it first: gunzip ${file} (Parquet is compressed inside)`,
    });
  }
  const parquet = await openParquetFile(file, "copy or write the file again");
  requireFewColumns(parquet.columns.length, file);
  if (parquet.columns.length === 0) throw withoutRows(file);
  return openValues(rowValues(parquet, bytes), { file, warnings });
}

/** The bytes are read by place; for the hash of the file they are read once more, in order. */
async function* rowValues(
  { columns, groups }: ParquetFile,
  bytes: ByteSource,
): AsyncGenerator<RecordValue> {
  let line = 0;
  for await (const { rows, values } of groups()) {
    for (let row = 0; row < rows; row++) {
      const value: Record<string, unknown> = {};
      for (let i = 0; i < columns.length; i++) value[columns[i]] = values[i][row];
      line += 1;
      yield { value, line };
    }
  }
  for await (const _ of bytes.chunks);
}

function withoutRows(file: string): UserError {
  return new UserError("empty-file", "is a Parquet file without columns", {
    at: { file },
    hint: "write the file again with at least two rows",
  });
}
