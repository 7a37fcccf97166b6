/** A text in one line of at most `width` code points, its end cut where it is longer. */
export function clip(text: string, width: number): string {
  const line = [...text.replace(/\s+/g, " ").trim()];
  return line.length <= width
    ? line.join("")
    : `${line.slice(0, Math.max(0, width - 1)).join("")}…`;
}
