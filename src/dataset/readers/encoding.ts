import { isUtf8 } from "node:buffer";
import { UserError } from "../../errors/user-error.js";

/** What a file's bytes stand for. */
export type Encoding = "utf-8" | "utf-16le" | "utf-16be" | "windows-1252";

/** Characters of the bytes 0x80 … 0x9F, by which Windows-1252 differs from Latin-1 (as the WHATWG encoding standard has it). */
const c1 = "€\u0081‚ƒ„…†‡ˆ‰Š‹Œ\u008dŽ\u008f\u0090‘’“”•–—˜™š›œ\u009džŸ";

const newline = 0x0a;
const byteOrderMark = Buffer.from([0xef, 0xbb, 0xbf]);

/** Whether the bytes begin with UTF-8's byte-order mark. */
function hasByteOrderMark(head: Buffer): boolean {
  return head.subarray(0, 3).equals(byteOrderMark);
}

/**
 * UTF-16 by its byte-order mark; else UTF-8 unless the evidence for Windows-1252 is strong: no character outside ASCII is valid UTF-8, there are at least eight such
 * bytes, and nine in ten are a letter within a word or typographic punctuation. Three such letters in a row are of another script (Cyrillic, Greek, Chinese in
 * an encoding of its own). One bad byte is a damaged file, not an encoding.
 */
export function detectEncoding(head: Buffer): Encoding {
  if (head[0] === 0xff && head[1] === 0xfe) return "utf-16le";
  if (head[0] === 0xfe && head[1] === 0xff) return "utf-16be";
  const bytes = head.subarray(0, head.length - incompleteTail(head));
  if (isUtf8(bytes)) return "utf-8";
  let high = 0;
  let plausible = 0;
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i];
    if (byte < 0x80) continue;
    if (validSequence(bytes, i)) return "utf-8";
    high += 1;
    if (isWestern(byte, bytes[i - 1], bytes[i + 1])) plausible += 1;
  }
  return high >= 8 && plausible >= 0.9 * high ? "windows-1252" : "utf-8";
}

/** The text of a file's first bytes; an incomplete last character is left out and bad bytes become U+FFFD. */
export function decodeHead(head: Buffer, encoding: Encoding): string {
  if (encoding === "windows-1252") return decodeWindows1252(head);
  if (encoding !== "utf-8") return decodeUtf16(head, encoding).replace(/^\ufeff/, "");
  const start = hasByteOrderMark(head) ? 3 : 0;
  return head.toString("utf8", start, head.length - incompleteTail(head));
}

/** Whole units of two bytes; lone surrogates stay what they are. */
function decodeUtf16(bytes: Buffer, encoding: Encoding): string {
  const even = bytes.subarray(0, bytes.length & ~1);
  return (encoding === "utf-16be" ? Buffer.from(even).swap16() : even).toString("utf16le");
}

/** Node's own decoder of this name reads Latin-1 in several versions, so the difference is made here. */
function decodeWindows1252(bytes: Buffer): string {
  return bytes
    .toString("latin1")
    .replace(/[\u0080-\u009f]/g, (char) => c1[char.charCodeAt(0) - 0x80]);
}

/**
 * The chunks as valid UTF-8 without a byte-order mark, each ending at a character.
 * UserError: utf16 (zero bytes), invalid-utf8, invalid-utf16, each with the line and the byte.
 */
export async function* toUtf8(
  chunks: AsyncIterable<Buffer>,
  file: string,
  encoding: Encoding,
): AsyncGenerator<Buffer> {
  if (encoding === "utf-16le" || encoding === "utf-16be") {
    yield* utf16ToUtf8(chunks, file, encoding);
    return;
  }
  let held: Buffer = Buffer.alloc(0);
  let offset = 0;
  let line = 1;
  for await (const chunk of chunks) {
    let bytes = held.length === 0 ? chunk : Buffer.concat([held, chunk]);
    refuseUtf16(bytes, { file, line, offset });
    if (encoding === "windows-1252") {
      yield Buffer.from(decodeWindows1252(bytes));
    } else {
      const tail = incompleteTail(bytes);
      held = bytes.subarray(bytes.length - tail);
      bytes = bytes.subarray(0, bytes.length - tail);
      if (!isUtf8(bytes)) throw invalid(bytes, { file, line, offset });
      yield offset === 0 && hasByteOrderMark(bytes) ? bytes.subarray(3) : bytes;
    }
    line += count(bytes, newline);
    offset += bytes.length;
  }
  if (held.length > 0) throw invalid(held, { file, line, offset });
}

async function* utf16ToUtf8(
  chunks: AsyncIterable<Buffer>,
  file: string,
  encoding: Encoding,
): AsyncGenerator<Buffer> {
  let held: Buffer = Buffer.alloc(0);
  let offset = 0;
  let line = 1;
  for await (const chunk of chunks) {
    const bytes = held.length === 0 ? chunk : Buffer.concat([held, chunk]);
    let text = decodeUtf16(bytes, encoding);
    // A pair of surrogates may lie on both sides of a chunk's end.
    if (/[\ud800-\udbff]$/.test(text)) text = text.slice(0, -1);
    held = bytes.subarray(2 * text.length);
    const lone = text.search(loneSurrogate);
    if (lone >= 0) throw invalidUtf16(text, lone, { file, line, offset });
    const utf8 = Buffer.from(offset === 0 ? text.replace(/^\ufeff/, "") : text);
    line += count(utf8, newline);
    offset += 2 * text.length;
    yield utf8;
  }
  if (held.length > 0) throw invalidUtf16("", 0, { file, line, offset });
}

const loneSurrogate = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/;

function invalidUtf16(text: string, index: number, at: Position): UserError {
  const line = at.line + text.slice(0, index).split("\n").length - 1;
  return new UserError(
    "invalid-utf16",
    `is not valid UTF-16: half a character at byte ${at.offset + 2 * index + 1} of the file`,
    { at: { file: at.file, line }, hint: "save the file as UTF-8" },
  );
}

interface Position {
  readonly file: string;
  readonly line: number;
  readonly offset: number;
}

function refuseUtf16(bytes: Buffer, at: Position): void {
  const zero = bytes.indexOf(0);
  if (zero < 0) return;
  throw new UserError(
    "utf16",
    `has a zero byte (byte ${at.offset + zero + 1} of the file): it is UTF-16 or not a text file, expected UTF-8 text`,
    {
      at: { file: at.file, line: at.line + count(bytes.subarray(0, zero), newline) },
      hint: "save the file as UTF-8, or if it is UTF-16 say so: --encoding utf-16le",
    },
  );
}

function invalid(bytes: Buffer, at: Position): UserError {
  const where = firstInvalid(bytes);
  const line = at.line + count(bytes.subarray(0, where), newline);
  const hex = bytes[where].toString(16).toUpperCase().padStart(2, "0");
  return new UserError(
    "invalid-utf8",
    `is not valid UTF-8: byte 0x${hex} (byte ${at.offset + where + 1} of the file)`,
    {
      at: { file: at.file, line },
      hint: `save it as UTF-8, for example from Cyrillic: iconv -f windows-1251 -t utf-8 ${at.file} > ${at.file}.utf8; Western European is read by --encoding windows-1252`,
    },
  );
}

/** Index of the first byte that is not part of a valid character, by bisection over valid prefixes. */
function firstInvalid(bytes: Buffer): number {
  let good = 0;
  let bad = bytes.length;
  while (bad - good > 1) {
    const middle = (good + bad) >> 1;
    const prefix = bytes.subarray(0, middle);
    if (isUtf8(prefix.subarray(0, middle - incompleteTail(prefix)))) good = middle;
    else bad = middle;
  }
  // The character that becomes invalid at `bad` begins where the valid characters end.
  const prefix = bytes.subarray(0, good);
  return good - incompleteTail(prefix);
}

/** Bytes at the end that begin a character and do not finish it: 0 to 3. */
function incompleteTail(bytes: Buffer): number {
  for (let back = 1; back <= Math.min(3, bytes.length); back++) {
    const byte = bytes[bytes.length - back];
    if (byte < 0x80) return 0;
    if (byte >= 0xc0) return sequenceLength(byte) > back ? back : 0;
  }
  return 0;
}

function sequenceLength(lead: number): number {
  if (lead >= 0xf0) return 4;
  if (lead >= 0xe0) return 3;
  return lead >= 0xc0 ? 2 : 1;
}

function validSequence(bytes: Buffer, start: number): boolean {
  const length = sequenceLength(bytes[start]);
  return (
    length > 1 && start + length <= bytes.length && isUtf8(bytes.subarray(start, start + length))
  );
}

function isWestern(byte: number, before: number | undefined, after: number | undefined): boolean {
  if (byte >= 0x91 && byte <= 0x97) return true;
  if (byte === 0x80 || byte === 0x85 || (byte >= 0xa0 && byte <= 0xbf)) return true;
  if (isHigh(byte) && isHigh(before) && isHigh(after)) return false;
  return byte >= 0xc0 && (isLetter(before) || isLetter(after));
}

function isHigh(byte: number | undefined): boolean {
  return byte !== undefined && byte >= 0xc0;
}

function isLetter(byte: number | undefined): boolean {
  return byte !== undefined && (((byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x7a) || byte >= 0xc0);
}

function count(bytes: Buffer, wanted: number): number {
  let total = 0;
  for (let i = bytes.indexOf(wanted); i >= 0; i = bytes.indexOf(wanted, i + 1)) total += 1;
  return total;
}
