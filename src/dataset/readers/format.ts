import type { ByteSource } from "./bytes.js";
import type { Encoding } from "./encoding.js";
import type {
  DataRecord,
  Dialect,
  FormatName,
  InputFormat,
  ReaderOptions,
  TextInput,
} from "./record-source.js";

/** The beginning of a file as text. */
export interface Sample {
  readonly file: string;
  readonly text: string;
  /** Whether the text is the whole file. */
  readonly complete: boolean;
  readonly encoding: Encoding;
}

/** A file's columns, and its records still to be read. */
export interface OpenedFormat {
  readonly columns: readonly string[];
  readonly records: AsyncGenerator<DataRecord>;
}

interface CommonFormat {
  readonly name: FormatName;
  /** What `--input-format` calls it. */
  readonly asked: readonly InputFormat[];
  /** The dialect in words, for the user to check: `tab-separated, no quotes, no header, utf-8`. */
  readonly describe: (dialect: Dialect) => string;
}

/** A format of text: what its reader gets is valid UTF-8. */
export interface TextFormat extends CommonFormat {
  readonly kind: "text";
  /** How the beginning reads in this format; undefined where it is of another. With `given.inputFormat` it is asked for. */
  readonly recognise: (sample: Sample, given: ReaderOptions) => Dialect | undefined;
  readonly open: (input: TextInput, sample: Sample) => Promise<OpenedFormat> | OpenedFormat;
}

/** A format of bytes, known by the first of them. */
export interface BinaryFormat extends CommonFormat {
  readonly kind: "binary";
  readonly matches: (head: Buffer) => boolean;
  readonly open: (file: string, bytes: ByteSource, warnings: string[]) => Promise<OpenedFormat>;
}

/** A data format: how it is recognised, read and described. */
export type DataFormat = TextFormat | BinaryFormat;
