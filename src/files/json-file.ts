import { readFile, writeFile } from "node:fs/promises";
import { UserError } from "../errors/user-error.js";
import { requireReadable } from "./usable-path.js";

export type JsonObject = Readonly<Record<string, unknown>>;

/**
 * The JSON of a file of a model folder, or undefined when there is no such file. What cannot be read or parsed is a UserError
 * `unreadable-file` or `bad-json`.
 */
export async function readJson(path: string): Promise<unknown> {
  let text: string;
  requireReadable(path);
  try {
    text = await readFile(path, "utf8");
  } catch (cause) {
    if (["ENOENT", "ENOTDIR"].includes((cause as NodeJS.ErrnoException).code ?? ""))
      return undefined;
    throw fileError("unreadable-file", `cannot be read: ${(cause as Error).message}`, path);
  }
  try {
    return JSON.parse(text) as unknown;
  } catch (cause) {
    throw fileError("bad-json", `is not valid JSON: ${(cause as Error).message}`, path);
  }
}

/** As `readJson`, for files that hold an object; anything else in them is a UserError `bad-json`. */
export async function readJsonObject(path: string): Promise<JsonObject | undefined> {
  const value = await readJson(path);
  if (value === undefined || isObject(value)) return value;
  throw fileError("bad-json", "must hold a JSON object", path);
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The value when it is a finite number, else undefined. */
export function numberOf(value: unknown): number | undefined {
  return typeof value === "number" && Number.isFinite(value) ? value : undefined;
}

/** The value when it is a text, else undefined. */
export function stringOf(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}

function fileError(code: string, message: string, file: string): UserError {
  return new UserError(code, message, {
    at: { file },
    hint: "the file is damaged or was not written completely",
  });
}

/** The object in a JSON file; an empty one where there is no such file. UserError as readJson. */
export async function objectIn(path: string): Promise<JsonObject> {
  return (await readJsonObject(path)) ?? {};
}

/** Writes a value as indented JSON with a final newline. */
export async function writeJson(path: string, value: unknown): Promise<void> {
  await writeFile(path, `${JSON.stringify(value, null, 2)}\n`);
}
