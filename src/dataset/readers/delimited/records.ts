import { pipeline, Readable } from "node:stream";
import { CsvError, Parser } from "csv-parse";
import { counted } from "../../../errors/counted.js";
import { Problems } from "../../../errors/problems.js";
import { UserError } from "../../../errors/user-error.js";
import { maxRecordBytes, tooLong } from "../limits.js";
import type { DataRecord, Dialect, TextInput } from "../record-source.js";

const longField = 10_000;
const manyLines = 20;

interface Numbered {
  readonly fields: string[];
  readonly line: number;
}

/**
 * csv-parse, with the physical line on which each record starts: its own count takes CRLF inside quotes for two lines, and it
 * has gone on past the records of a chunk by the time they are read. `line` is that of the record being parsed.
 */
class NumberingParser extends Parser {
  line = 1;
  private readonly lineBreak: string;

  constructor(dialect: Dialect) {
    super({
      delimiter: dialect.delimiter,
      quote: dialect.quotes ? '"' : null,
      escape: dialect.quotes ? (dialect.escape ?? '"') : null,
      record_delimiter: dialect.newline === "\r" ? ["\r"] : ["\r\n", "\n"],
      relax_column_count: true,
      ltrim: dialect.blanks ?? false,
      max_record_size: maxRecordBytes,
    });
    this.lineBreak = dialect.newline;
  }

  override push(record: string[] | null): boolean {
    if (record === null) return super.push(null);
    const numbered: Numbered = { fields: record, line: this.line };
    this.line += 1;
    for (const field of record) this.line += occurrences(field, this.lineBreak);
    return super.push(numbered);
  }
}

/**
 * All records of a delimited file, the header (if any) among them; blank lines are skipped.
 * UserError, each with the line: unclosed-quote, stray-quote.
 */
export async function* delimitedRecords(input: TextInput): AsyncGenerator<Numbered> {
  const parser = new NumberingParser(input.dialect);
  // The loop below throws what goes wrong; pipeline only carries it from one stream to the other.
  pipeline(Readable.from(input.chunks), parser, () => {});
  let skip = input.dialect.skip ?? 0;
  try {
    for await (const record of parser as AsyncIterable<Numbered>) {
      if (record.fields.length === 1 && record.fields[0] === "") continue;
      if (skip-- > 0) continue;
      warnAboutLength(record, input);
      yield record;
    }
  } catch (error) {
    throw error instanceof CsvError ? explain(error, input, parser.line) : error;
  } finally {
    parser.destroy();
  }
}

/**
 * Checks that each record has as many fields as the header (or the dialect's width) and pads absent trailing ones.
 * UserError: ragged-rows, up to ten together.
 */
export async function* evenRecords(
  records: AsyncIterable<Numbered>,
  columns: number,
  input: TextInput,
): AsyncGenerator<DataRecord> {
  const problems = new Problems("ragged-rows");
  const least = input.dialect.widths?.[0] ?? columns;
  for await (const { fields, line } of records) {
    if (fields.length >= least && fields.length <= columns) {
      while (fields.length < columns) fields.push("");
      yield { fields, line };
      continue;
    }
    problems.add(`got ${counted(fields.length, "field")}, expected ${columns}`, {
      file: input.file,
      line,
    });
    if (problems.count >= 10) break;
  }
  problems.throwIfAny(raggedHint(input.dialect));
}

function raggedHint({ quotes, delimiter }: Dialect): string {
  const name = delimiter === "\t" ? "a tab" : `"${delimiter}"`;
  return quotes
    ? `a field that contains ${name} must stand in double quotes; if another delimiter is meant, give --delimiter`
    : `the file was read without quotes; a field cannot contain ${name}`;
}

function explain(error: CsvError, { file, dialect }: TextInput, line: number): UserError {
  const at = { file, line };
  if (error.code === "CSV_MAX_RECORD_SIZE" && !dialect.quotes) return tooLong("record", file, line);
  const unquote = "or read quotes as ordinary characters: --no-quotes";
  if (error.code === "CSV_QUOTE_NOT_CLOSED" || error.code === "CSV_MAX_RECORD_SIZE") {
    return new UserError(
      "unclosed-quote",
      error.code === "CSV_QUOTE_NOT_CLOSED"
        ? "the record that starts here opens a double quote that is never closed"
        : `the record that starts here is longer than ${maxRecordBytes >> 20} MiB, the most that is read as one: a double quote that is never closed, or a text too long`,
      {
        at,
        hint: `close the quote (a quote inside quotes is written ""), ${unquote}`,
        cause: error,
      },
    );
  }
  return new UserError(
    "stray-quote",
    `the record that starts here has a double quote out of place (${error.message.toLowerCase()})`,
    {
      at,
      hint: `put the field in double quotes and write each quote inside it as "", ${unquote}`,
      cause: error,
    },
  );
}

function warnAboutLength({ fields, line }: Numbered, input: TextInput): void {
  for (const field of fields) {
    if (field.length <= longField && occurrences(field, "\n") < manyLines) continue;
    const size = `${field.length} characters on ${occurrences(field, "\n") + 1} lines`;
    if (input.warnings.length < 10)
      input.warnings.push(`line ${line}: a field has ${size}; is a quote missing?`);
  }
}

function occurrences(text: string, wanted: string): number {
  let total = 0;
  for (let at = text.indexOf(wanted); at >= 0; at = text.indexOf(wanted, at + 1)) total += 1;
  return total;
}
