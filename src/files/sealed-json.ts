import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { UserError } from "../errors/user-error.js";
import { fileError } from "./files.js";
import { isObject, type JsonObject } from "./json-file.js";
import { requireReadable } from "./usable-path.js";

/** What a sealed file holds besides its seal. */
interface SealedContent {
  readonly content: JsonObject;
  /** False: the file has no seal, as those of embtune 0.1 and before have none, so nothing could be checked. */
  readonly sealed: boolean;
}

/** Said at the beginning of a file, so that a damaged name of the last key is not taken for a file without a seal. */
const KIND = "sha256";

/**
 * The text of a JSON file that begins with `"seal": "sha256"` and ends with `"sha256"`: the SHA-256, hex, of the JSON of all
 * keys before it without spaces. It shows damage; it is no protection against forgery.
 */
export function sealedText(content: object): string {
  const rest: unknown = JSON.parse(JSON.stringify({ seal: KIND, ...content }));
  return `${JSON.stringify({ ...(rest as object), sha256: sealOf(rest as object) }, null, 2)}\n`;
}

/**
 * Reads a file written from `sealedText`. UserError: those of `fileError`, `bad-json` where it holds no object, `seal-broken`
 * where its content is not what was sealed.
 */
export function readSealed(path: string): SealedContent {
  const value = parsed(path);
  if (!isObject(value)) throw badJson(path, "must hold a JSON object");
  const { sha256, ...rest } = value;
  const { seal, ...content } = rest;
  if (sha256 === undefined && seal === undefined) return { content, sealed: false };
  if (sha256 === sealOf(rest)) return { content, sealed: true };
  throw new UserError("seal-broken", "is damaged: its content does not fit its SHA-256", {
    at: { file: path },
    hint: 'if you changed it yourself, remove its keys "seal" and "sha256"',
  });
}

function sealOf(content: object): string {
  return createHash("sha256").update(JSON.stringify(content)).digest("hex");
}

function parsed(path: string): unknown {
  let text: string;
  requireReadable(path);
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    throw fileError(error, path);
  }
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw badJson(path, `is not valid JSON: ${(cause as Error).message}`);
  }
}

function badJson(file: string, message: string): UserError {
  const hint = "the file is damaged or was not written completely";
  return new UserError("bad-json", message, { at: { file }, hint });
}
