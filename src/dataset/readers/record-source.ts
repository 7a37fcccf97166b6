import type { Encoding } from "./encoding.js";

/**
 * One cell: a text, a list of texts (JSON and Parquet, and cells that write one), or null when the file holds a value of another type
 * there (an object, a nested list). Absent and JSON `null` are the empty text.
 */
export type Cell = string | readonly string[] | null;

/** One record of a file and the 1-based physical line on which it starts (in Parquet: the row's number). */
export interface DataRecord {
  readonly fields: readonly Cell[];
  readonly line: number;
}

/** How a file's bytes become records. */
export interface Dialect {
  readonly format: FormatName;
  readonly encoding: Encoding;
  /** Of delimited files; "" otherwise. */
  readonly delimiter: string;
  /** Whether `"` encloses fields (RFC 4180) or is an ordinary character. */
  readonly quotes: boolean;
  /** What stands before a quote inside quotes: another quote, or a backslash. */
  readonly escape?: '"' | "\\" | undefined;
  readonly header: boolean;
  /** "\r" only for files without any "\n"; "\n" also ends at "\r\n". */
  readonly newline: "\n" | "\r";
  /** Lines before the first record that are none (Excel's `sep=;`, comments). */
  readonly skip?: number | undefined;
  /** Whether blanks stand before quotes that open a field (`"a", "b"`). */
  readonly blanks?: boolean | undefined;
  /** Without a header: the numbers of fields a record may have; absent trailing fields are empty. */
  readonly widths?: readonly [number, number] | undefined;
  /** What was decided on thin evidence or against what was asked, one sentence each. */
  readonly notes?: readonly string[] | undefined;
}

/** The formats that are read. */
export type FormatName = "delimited" | "json-lines" | "json" | "parquet" | "text";

/** What `--input-format` may say. */
export type InputFormat = "csv" | "tsv" | "jsonl" | "json" | "parquet" | "text";

/**
 * A file read once, from the beginning to the end, in constant memory. Every format is one definition that makes this of the
 * file's bytes; nothing after it knows formats.
 */
export interface RecordSource {
  readonly file: string;
  readonly dialect: Dialect;
  /** The dialect in words: `comma-separated, quotes ", header, utf-8`. */
  readonly description: string;
  /** Column names in file order; "1", "2", … for a file without a header. */
  readonly columns: readonly string[];
  /** The first records, at most `count`; the walk brings them again. */
  sample(count: number): Promise<readonly DataRecord[]>;
  /** Can be walked once. Throws UserError for what is wrong with the file; closes it when the walk ends early. */
  records(): AsyncGenerator<DataRecord>;
  /** What a reader noticed and read on (very long fields, quotes over many lines); complete after the walk. */
  warnings(): readonly string[];
  /** SHA-256 of the file's bytes as stored, in hex; known after the walk. */
  sha256(): string;
  close(): void;
}

/** What the caller fixes of the dialect; the rest is found by evidence. */
export interface ReaderOptions {
  readonly inputFormat?: InputFormat | undefined;
  readonly delimiter?: string | undefined;
  readonly quotes?: boolean | undefined;
  readonly header?: boolean | undefined;
  readonly encoding?: Encoding | undefined;
  /** Columns that the file is read without. */
  readonly ignore?: readonly string[] | undefined;
  /** Names that the caller says columns have: a first record with one of them is a header. */
  readonly columnNames?: readonly string[] | undefined;
}

/** What a text format's reader gets: valid UTF-8 without a byte-order mark, and the dialect to read it by. */
export interface TextInput {
  readonly file: string;
  readonly dialect: Dialect;
  readonly chunks: AsyncIterable<Buffer>;
  readonly warnings: string[];
}
