/** A text in lines of at most `width`, the later ones indented. Only lists of words longer than a line are parted, after a comma. */
export function wrapped(text: string, width: number, hang: number): readonly string[] {
  const lines: string[] = [];
  let line = "";
  for (const [word, space] of pieces(text, width)) {
    const joined = line === "" ? word : line + space + word;
    if (line.trim() === "" || joined.length <= width) line = joined;
    else {
      lines.push(line);
      line = " ".repeat(hang) + word;
    }
  }
  return line === "" ? lines : [...lines, line];
}

/** Words, and what stands before each: a space, or nothing inside a list. */
function pieces(text: string, width: number): (readonly [word: string, space: string])[] {
  return text.split(/\s+/).flatMap((word) => {
    const parts = word.length <= width ? [word] : word.split(/(?<=,)/);
    return parts.map((part, i) => [part, i === 0 ? " " : ""] as const);
  });
}
