import type { Dialect } from "./dialect.js";

/**
 * One cell: a text, a list of texts (JSON Lines only), or null when the file holds a value of another type there (an object, a
 * nested list). Absent and JSON `null` are the empty text.
 */
export type Cell = string | readonly string[] | null;

/** One record of a file and the 1-based physical line on which it starts. */
export interface DataRecord {
  readonly fields: readonly Cell[];
  readonly line: number;
}

/**
 * A file read once, from the beginning to the end, in constant memory. Every format is one function that makes this of the
 * file's bytes; nothing after it knows formats.
 */
export interface RecordSource {
  readonly file: string;
  readonly dialect: Dialect;
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
  readonly delimiter?: string | undefined;
  readonly quotes?: boolean | undefined;
  readonly header?: boolean | undefined;
  readonly encoding?: "utf-8" | "windows-1252" | undefined;
}

/** What a format's reader gets: valid UTF-8 without a byte-order mark, and the dialect to read it by. */
export interface TextInput {
  readonly file: string;
  readonly dialect: Dialect;
  readonly chunks: AsyncIterable<Buffer>;
  readonly warnings: string[];
}
