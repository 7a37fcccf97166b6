import type { Cell } from "../record-source.js";
import { isJsonObject } from "./parse.js";

/**
 * The cell of a JSON value: a text, number or truth value as it is written, null as the empty text, lists of these, and passages
 * ({title, text}, alone or in a list) as their title and text with a blank between. Other values have none (null).
 */
export function cellOf(value: unknown): Cell {
  if (Array.isArray(value)) return listCell(value);
  if (value instanceof Date) return value.toISOString();
  return isJsonObject(value) ? passageText(value) : scalarText(value);
}

function listCell(items: readonly unknown[]): Cell {
  const texts: string[] = [];
  for (const item of items) {
    const text = isJsonObject(item) ? passageText(item) : scalarText(item);
    if (text === null) return null;
    if (item !== null) texts.push(text);
  }
  return texts;
}

function scalarText(value: unknown): string | null {
  if (typeof value === "string") return value;
  if (value === undefined || value === null) return "";
  if (typeof value === "number") return Number.isNaN(value) ? "" : String(value);
  return typeof value === "boolean" || typeof value === "bigint" ? String(value) : null;
}

/** Title and text of a passage as Tevatron and DPR write it; null for another object. */
function passageText({ title, text, ...rest }: Readonly<Record<string, unknown>>): string | null {
  if (typeof text !== "string" || Object.values(rest).some(isJsonObject)) return null;
  return typeof title === "string" && title.trim() !== "" ? `${title.trim()} ${text}` : text;
}
