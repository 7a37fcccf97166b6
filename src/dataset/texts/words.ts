import { countWords } from "./defects.js";

/** Characters of scripts that are written without blanks: ideographs, kana, Thai, Lao, Khmer, Burmese. */
const unspaced =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]/gu;

/** Words of a text; in scripts without blanks between words two characters count as one. */
export function wordsIn(text: string): number {
  const words = countWords(text);
  if (isAscii(text)) return words;
  const characters = text.match(unspaced)?.length ?? 0;
  return Math.max(words, Math.ceil(characters / 2));
}

function isAscii(text: string): boolean {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) > 126) return false;
  return true;
}
