import { maxRecordBytes, tooLong } from "./limits.js";
import type { TextInput } from "./record-source.js";

/** One physical line without its line break, and its 1-based number. */
interface Line {
  readonly text: string;
  readonly line: number;
}

/**
 * The lines of valid UTF-8 chunks; "\n", "\r\n" (or the dialect's newline "\r") end a line, and the last one may lack its end.
 * UserError: record-too-long.
 */
export async function* readLines(
  input: Pick<TextInput, "chunks" | "file"> & {
    readonly dialect: Pick<TextInput["dialect"], "newline">;
  },
): AsyncGenerator<Line> {
  const end = input.dialect.newline.charCodeAt(0);
  const parts: Buffer[] = [];
  let held = 0;
  let line = 0;
  const hold = (part: Buffer): void => {
    held += part.length;
    if (held > maxRecordBytes) throw tooLong("line", input.file, line + 1);
    parts.push(part);
  };
  const finish = (last: Buffer): Line => {
    let whole = last;
    if (parts.length > 0) {
      hold(last);
      whole = Buffer.concat(parts);
      parts.length = 0;
      held = 0;
    }
    line += 1;
    const text = whole.toString("utf8");
    return { text: text.endsWith("\r") ? text.slice(0, -1) : text, line };
  };
  for await (const chunk of input.chunks) {
    let start = 0;
    for (let at = chunk.indexOf(end); at >= 0; at = chunk.indexOf(end, start)) {
      yield finish(chunk.subarray(start, at));
      start = at + 1;
    }
    if (start < chunk.length) hold(chunk.subarray(start));
  }
  if (parts.length > 0) yield finish(Buffer.alloc(0));
}
