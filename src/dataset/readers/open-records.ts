import { UserError } from "../../errors/user-error.js";
import { type ByteSource, openBytes } from "./bytes.js";
import { delimitedRecords, evenRecords } from "./delimited.js";
import { type Dialect, detectDialect } from "./dialect.js";
import { decodeHead, detectEncoding, toUtf8 } from "./encoding.js";
import { jsonColumns, jsonRecords } from "./json-lines.js";
import { plainTextRecords, textColumns } from "./plain-text.js";
import type { DataRecord, ReaderOptions, RecordSource, TextInput } from "./record-source.js";

/** How much of a file the dialect is judged by. */
const sampleBytes = 1 << 20;

interface Format {
  readonly columns: readonly string[];
  readonly records: AsyncGenerator<DataRecord>;
}

type OpenFormat = (input: TextInput, sample: string) => Format | Promise<Format>;

/** A new format is one function in a file of its own and one line here. */
const formats: Record<Dialect["format"], OpenFormat> = {
  delimited: openDelimited,
  "json-lines": (input, sample) => {
    const columns = jsonColumns(sample, input.file);
    return { columns, records: jsonRecords(input, columns) };
  },
  text: (input) => ({ columns: textColumns, records: plainTextRecords(input) }),
};

/**
 * Opens a data file: CSV, TSV or otherwise delimited, JSON Lines or plain text, gzipped or not; "-" is standard input. The
 * dialect is found from the first mebibyte, except for what `options` fix. A file without any record is an error here or in
 * the walk. UserError: missing-file, not-a-file, unreadable-file, empty-file, header-only, invalid-utf8, utf16, broken-gzip,
 * and while walking unclosed-quote, stray-quote, ragged-rows, broken-json.
 */
export async function openRecords(
  file: string,
  options: ReaderOptions = {},
): Promise<RecordSource> {
  const bytes = await openBytes(file, sampleBytes);
  try {
    return await openFormat(file, bytes, options);
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
  const encoding = options.encoding ?? detectEncoding(bytes.head);
  const text = decodeHead(bytes.head, encoding);
  if (bytes.complete && text.trim() === "") throw emptyFile(file);
  const dialect = detectDialect({ file, text, complete: bytes.complete, encoding }, options);
  const warnings: string[] = [];
  const input = { file, dialect, warnings, chunks: toUtf8(bytes.chunks, file, encoding) };
  const { columns, records } = await formats[dialect.format](input, text);
  const ahead: DataRecord[] = [];
  return {
    file,
    dialect,
    columns,
    sample: async (count) => {
      while (ahead.length < count) {
        const next = await records.next();
        if (next.done === true) break;
        ahead.push(next.value);
      }
      return ahead;
    },
    records: () => closing(ahead, records, bytes),
    warnings: () => warnings,
    sha256: bytes.sha256,
    close: bytes.close,
  };
}

async function openDelimited(input: TextInput): Promise<Format> {
  const all = delimitedRecords(input);
  const { dialect, file } = input;
  if (!dialect.header) {
    const width = dialect.widths?.[1] ?? 1;
    const columns = Array.from({ length: width }, (_, i) => String(i + 1));
    return { columns, records: evenRecords(all, width, input) };
  }
  const first = await all.next();
  if (first.done === true) throw emptyFile(file);
  const columns = first.value.fields.map((name, i) => name.trim() || `column ${i + 1}`);
  const records = evenRecords(all, columns.length, input);
  return { columns, records: notEmpty(records, file, columns) };
}

async function* notEmpty(
  records: AsyncGenerator<DataRecord>,
  file: string,
  columns: readonly string[],
): AsyncGenerator<DataRecord> {
  let any = false;
  for await (const record of records) {
    any = true;
    yield record;
  }
  if (any) return;
  throw new UserError("header-only", `has a header (${columns.join(", ")}) and no rows`, {
    at: { file },
    hint: "add rows; if the first line is a row and not a header, give --no-header",
  });
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

function emptyFile(file: string): UserError {
  return new UserError("empty-file", "is empty", {
    at: { file },
    hint: "give a file with a header line and at least two rows",
  });
}
