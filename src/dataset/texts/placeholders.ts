const placeholders: ReadonlySet<string> = new Set([
  "nan",
  "none",
  "null",
  "n/a",
  "#n/a",
  "<na>",
  "nat",
  "undefined",
  "(null)",
  "\\n",
]);

/** Whether a text is what programs write for a value that is absent: NaN, None, NULL, N/A, … */
export function isPlaceholder(text: string): boolean {
  return text.length <= 9 && placeholders.has(text.trim().toLowerCase());
}
