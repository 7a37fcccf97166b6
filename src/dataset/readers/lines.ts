/** One physical line without its line break, and its 1-based number. */
export interface Line {
  readonly text: string;
  readonly line: number;
}

/** The lines of valid UTF-8 chunks; "\n", "\r\n" (or `newline` "\r") end a line, and the last one may lack its end. */
export async function* readLines(
  chunks: AsyncIterable<Buffer>,
  newline: "\n" | "\r",
): AsyncGenerator<Line> {
  const end = newline.charCodeAt(0);
  const parts: Buffer[] = [];
  let line = 0;
  const finish = (last: Buffer): Line => {
    const whole = parts.length === 0 ? last : Buffer.concat([...parts, last]);
    parts.length = 0;
    line += 1;
    const text = whole.toString("utf8");
    return { text: text.endsWith("\r") ? text.slice(0, -1) : text, line };
  };
  for await (const chunk of chunks) {
    let start = 0;
    for (let at = chunk.indexOf(end); at >= 0; at = chunk.indexOf(end, start)) {
      yield finish(chunk.subarray(start, at));
      start = at + 1;
    }
    if (start < chunk.length) parts.push(chunk.subarray(start));
  }
  if (parts.length > 0) yield finish(Buffer.alloc(0));
}
