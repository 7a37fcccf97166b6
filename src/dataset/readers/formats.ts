import { internal } from "../../errors/internal.js";
import { delimitedFormat } from "./delimited/format.js";
import type { DataFormat, Sample, TextFormat } from "./format.js";
import { jsonDocumentFormat } from "./json/document-format.js";
import { jsonLinesFormat } from "./json/lines-format.js";
import { parquetFormat } from "./parquet.js";
import { plainTextFormat } from "./plain-text.js";
import type { Dialect, ReaderOptions } from "./record-source.js";

/** The data formats, in the order in which a file's beginning is held against them. A new one is a file and a line here. */
export const dataFormats: readonly DataFormat[] = [
  parquetFormat,
  jsonDocumentFormat,
  jsonLinesFormat,
  delimitedFormat,
  plainTextFormat,
];

/** The format asked for by `--input-format`, if any. */
export function askedFormat({ inputFormat }: ReaderOptions): DataFormat | undefined {
  if (inputFormat === undefined) return undefined;
  return dataFormats.find(({ asked }) => asked.includes(inputFormat));
}

/** The text format of a file's beginning and its dialect, by evidence except for what is given. */
export function recogniseText(
  sample: Sample,
  given: ReaderOptions,
): { readonly format: TextFormat; readonly dialect: Dialect } {
  const asked = askedFormat(given);
  for (const format of asked === undefined ? dataFormats : [asked]) {
    if (format.kind !== "text") continue;
    const dialect = format.recognise(sample, given);
    if (dialect !== undefined) return { format, dialect };
  }
  return internal(`no format for ${sample.file}`);
}
