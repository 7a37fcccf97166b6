import { invariant } from "../../errors/internal.js";
import { usageError } from "../../errors/user-error.js";
import { type ByteSource, openBytes } from "./bytes.js";
import { emptyFile } from "./empty-file.js";
import { decodeHead, detectEncoding, toUtf8 } from "./encoding.js";
import { refuseForeignFile } from "./foreign-files.js";
import type { OpenedFormat } from "./format.js";
import { askedFormat, dataFormats, recogniseText } from "./formats.js";
import { ignoreColumns } from "./ignore-columns.js";
import type { DataRecord, Dialect, ReaderOptions, RecordSource } from "./record-source.js";

/** How much of a file the dialect is judged by. */
const sampleBytes = 1 << 20;

/**
 * Opens a data file of one of the formats, gzipped or not; "-" is standard input. Format and dialect are found from the first
 * mebibyte, except for what `options` fix. A file without any record is an error here or in the walk. UserError: missing-file,
 * unknown-column (of --ignore), not-a-file, unreadable-file, foreign-file, empty-file, header-only, invalid-utf8, utf16, broken-gzip, too-many-columns, and those of
 * the formats: while walking unclosed-quote, stray-quote, ragged-rows, broken-json, record-too-long, bad-parquet.
 */
export async function openRecords(
  file: string,
  options: ReaderOptions = {},
): Promise<RecordSource> {
  const bytes = await openBytes(file, sampleBytes);
  try {
    return ignoreColumns(await openFormat(file, bytes, options), options.ignore ?? []);
  } catch (error) {
    bytes.close();
    throw error;
  }
}

async function openFormat(
  file: string,
  bytes: ByteSource,
  options: ReaderOptions,
): Promise<RecordSource> {
  const warnings: string[] = [];
  const opened =
    (await openBinary(file, bytes, { options, warnings })) ??
    (await openText(file, bytes, { options, warnings }));
  const { columns, records } = opened;
  const ahead: DataRecord[] = [];
  let walked = false;
  return {
    ...opened,
    file,
    columns,
    sample: async (count) => {
      while (ahead.length < count) {
        const next = await records.next();
        if (next.done === true) break;
        ahead.push(next.value);
      }
      return ahead;
    },
    records: () => {
      // A second walk would bring the sample again and nothing behind it.
      invariant(!walked, `the records of ${file} were walked before`);
      walked = true;
      return closing(ahead, records, bytes);
    },
    warnings: () => warnings,
    sha256: bytes.sha256,
    close: bytes.close,
  };
}

interface Opening {
  readonly options: ReaderOptions;
  readonly warnings: string[];
}

interface Opened extends OpenedFormat {
  readonly dialect: Dialect;
  readonly description: string;
}

async function openBinary(
  file: string,
  bytes: ByteSource,
  { options, warnings }: Opening,
): Promise<Opened | undefined> {
  const asked = askedFormat(options);
  const format = asked ?? dataFormats.find((f) => f.kind === "binary" && f.matches(bytes.head));
  if (format?.kind !== "binary") return undefined;
  if (!format.matches(bytes.head)) throw notOfFormat(file, options);
  const opened = await format.open(file, bytes, warnings);
  const dialect = {
    format: format.name,
    encoding: "utf-8",
    delimiter: "",
    quotes: false,
    header: false,
    newline: "\n",
  } as const;
  return { ...opened, dialect, description: format.describe(dialect) };
}

async function openText(
  file: string,
  bytes: ByteSource,
  { options, warnings }: Opening,
): Promise<Opened> {
  if (options.inputFormat === undefined) refuseForeignFile(bytes.head, file);
  const encoding = options.encoding ?? detectEncoding(bytes.head);
  const text = decodeHead(bytes.head, encoding);
  const { complete } = bytes;
  if (complete && text.trim() === "") throw emptyFile(file);
  const sample = { file, text, complete, encoding };
  const { format, dialect } = recogniseText(sample, options);
  warnings.push(...(dialect.notes ?? []));
  const input = { file, dialect, warnings, chunks: toUtf8(bytes.chunks, file, encoding) };
  const opened = await format.open(input, sample);
  return { ...opened, dialect, description: format.describe(dialect) };
}

function notOfFormat(file: string, { inputFormat }: ReaderOptions) {
  return usageError(
    "not-of-format",
    `${file} is not of the format of --input-format ${inputFormat}`,
    "leave --input-format out: the format is found by the file's beginning",
  );
}

async function* closing(
  ahead: readonly DataRecord[],
  records: AsyncGenerator<DataRecord>,
  bytes: ByteSource,
): AsyncGenerator<DataRecord> {
  try {
    yield* ahead;
    yield* records;
  } finally {
    bytes.close();
  }
}
