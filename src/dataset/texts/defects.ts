import { decodeEntities, hasEntities } from "./html-entities.js";
import { hasMojibake, repairMojibake } from "./mojibake.js";

/** What can be broken in a text. Lost characters (U+FFFD) cannot be mended. */
export type Defect =
  | "mojibake"
  | "HTML entities"
  | "control characters"
  | "lost characters"
  | "line breaks";

/** C0 and C1 without tab and line breaks, zero-width spaces, direction marks, byte-order marks. */
const control =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for.
  /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u00ad\u200b\u200e\u200f\u2028-\u202e\ufeff]/g;

/** The defects of a text, none for almost all texts. */
export function defectsOf(text: string): readonly Defect[] {
  if (isPlain(text)) return none;
  const found: Defect[] = [];
  if (hasMojibake(text)) found.push("mojibake");
  if (hasEntities(text)) found.push("HTML entities");
  if (text.search(control) >= 0) found.push("control characters");
  if (text.includes("\ufffd")) found.push("lost characters");
  if (/[\r\n]/.test(text)) found.push("line breaks");
  return found;
}

const none: readonly Defect[] = [];

/** The text mended: entities decoded, UTF-8 that was read as Windows-1252 read again, control characters and line breaks made one space. */
export function cleanText(text: string): string {
  if (isPlain(text)) return text;
  return repairMojibake(decodeEntities(text))
    .replace(/[\u00ad\u200b\ufeff]/g, "")
    .replace(control, " ")
    .replace(/\s*[\r\n]+\s*/g, " ")
    .trim();
}

/** Printable ASCII without "&": nothing to look for. */
function isPlain(text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code < 32 || code > 126 || code === 38) return false;
  }
  return true;
}

/** Words between white space. */
export function countWords(text: string): number {
  let words = 0;
  let inside = false;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    const space = code === 32 || (code >= 9 && code <= 13) || code === 0xa0 || code === 0x3000;
    if (!space && !inside) words += 1;
    inside = !space;
  }
  return words;
}
