import { UserError } from "../../../errors/user-error.js";
import type { OpenedFormat } from "../format.js";
import { listNames } from "../limits.js";
import type { TextInput } from "../record-source.js";
import { rowsOfObject } from "./object-rows.js";
import { isJsonObject, type JsonObject, parseJson } from "./parse.js";
import { openJsonRows } from "./records.js";

/** An object is read whole; more bytes than this are refused. */
const maxDocumentBytes = 1 << 27;

/**
 * Columns and records of a file that is one object. `line` of a record is its number. UserError: broken-json, document-too-long,
 * unknown-json.
 */
export async function openObjectDocument(input: TextInput): Promise<OpenedFormat> {
  const value = await readObject(input);
  const found = rowsOfObject(value);
  if (found === undefined) throw unknownJson(value, input.file);
  input.warnings.push(...found.notes);
  return openJsonRows(found.rows, input);
}

/** The one object of a file. */
export async function readObject({
  chunks,
  file,
}: Pick<TextInput, "chunks" | "file">): Promise<JsonObject> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const chunk of chunks) {
    size += chunk.length;
    if (size > maxDocumentBytes) throw tooLarge(file);
    parts.push(chunk);
  }
  const text = Buffer.concat(parts).toString("utf8");
  parts.length = 0;
  const value = parseJson(text);
  if (isJsonObject(value)) return value;
  throw new UserError("broken-json", `is no JSON: ${reason(text)}`, {
    at: { file, line: 1 },
    hint: "mend the JSON; if the lines are texts: --input-format text",
  });
}

function reason(text: string): string {
  try {
    JSON.parse(text);
  } catch (error) {
    if (error instanceof Error) return error.message.toLowerCase().slice(0, 120);
  }
  return "not an object";
}

function tooLarge(file: string): UserError {
  return new UserError(
    "document-too-long",
    `is one JSON object of more than ${maxDocumentBytes >> 20} MiB, the most that is read as one`,
    { at: { file, line: 1 }, hint: "write one row a line (JSON Lines), which is read as a stream" },
  );
}

function unknownJson(value: JsonObject, file: string): UserError {
  return new UserError(
    "unknown-json",
    `is one JSON object with the keys ${listNames(Object.keys(value))}, which is no known form of rows`,
    {
      at: { file, line: 1 },
      hint: 'write a list of rows: [{"anchor": "…", "positive": "…"}, …], or one row a line',
    },
  );
}
