/** Controls of terminals and of the direction of writing: C0 but for tab and line feed, C1, line separators, direction marks. */
const controls =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for.
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

/** The text with control characters of data and names written out (`\x1b`, `\u202e`), so that none reaches a terminal. */
export function visible(text: string): string {
  return text.replace(controls, (char) => {
    const code = char.charCodeAt(0);
    const hex = code.toString(16);
    return code < 256 ? `\\x${hex.padStart(2, "0")}` : `\\u${hex.padStart(4, "0")}`;
  });
}
