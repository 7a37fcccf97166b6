/** Characters of Windows-1252's bytes 0x80 … 0x9F that Unicode has elsewhere, and those bytes. */
const typographic = "€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ";
const typographicBytes = [
  0x80, 0x82, 0x83, 0x84, 0x85, 0x86, 0x87, 0x88, 0x89, 0x8a, 0x8b, 0x8c, 0x8e, 0x91, 0x92, 0x93,
  0x94, 0x95, 0x96, 0x97, 0x98, 0x99, 0x9a, 0x9b, 0x9c, 0x9e, 0x9f,
];

const tail = `[\\u0080-\\u00bf${typographic}]`;

/**
 * UTF-8 that was read as Windows-1252: a lead byte's character and its continuation bytes'. Letters that also begin words of
 * their own (Ä, Å, Î, Ï, Ð, Ñ) are believed only twice in a row.
 */
const garbled = new RegExp(
  `(?:[ÂÃ]${tail}|[â-ï]${tail}{2}|ð${tail}{3}|(?:[ÄÅÎÏÐÑ]${tail}){2,})+`,
  "g",
);

/** Whether the text holds characters that are UTF-8 read as Windows-1252, `cafÃ©` for `café`. */
export function hasMojibake(text: string): boolean {
  return repairMojibake(text) !== text;
}

/** The text with such characters read again as UTF-8, where they are valid UTF-8. */
export function repairMojibake(text: string): string {
  return text.replace(garbled, (run) => decode(run) ?? run);
}

const utf8 = new TextDecoder("utf-8", { fatal: true });

function decode(run: string): string | undefined {
  const bytes = Uint8Array.from(run, (char) => {
    const place = typographic.indexOf(char);
    return place < 0 ? char.charCodeAt(0) : typographicBytes[place];
  });
  try {
    return utf8.decode(bytes);
  } catch {
    return undefined;
  }
}
