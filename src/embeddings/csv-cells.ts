import type { FileHandle } from "node:fs/promises";

/** A cell as CSV has it: with quotes where it holds a comma, a quote or a line break (RFC 4180). */
export const csvField = (text: string): string =>
  /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;

/** Where the second line begins. Column names may hold quoted line breaks. */
export async function firstLine(file: FileHandle): Promise<number> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(1 << 20), 0, 1 << 20, 0);
  let quoted = false;
  for (let i = 0; i < bytesRead; i++) {
    if (buffer[i] === 0x22) quoted = !quoted;
    if (buffer[i] === 0x0a && !quoted) return i + 1;
  }
  return bytesRead;
}
