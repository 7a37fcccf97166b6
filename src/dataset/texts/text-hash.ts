/** A 64-bit hash: two unsigned 32-bit words. */
export type HashWords = Uint32Array;

/** A place for one hash; reused from call to call. */
export function hashWords(): HashWords {
  return new Uint32Array(2);
}

/**
 * Writes a 64-bit hash of the text's UTF-16 code units to `into`: two multiplicative hashes, mixed at the end by murmur3's
 * finaliser. Among two million texts the chance of any two being taken for one is about 1e-7.
 */
export function hashText(text: string, into: HashWords): void {
  let a = 0xdeadbeef;
  let b = 0x41c6ce57;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    a = Math.imul(a ^ code, 0x9e3779b1);
    b = Math.imul(b ^ code, 0x5f356495);
  }
  finish(a, b, into);
}

/** The hash of `plainForm(text)`, for texts of ASCII without making that text. */
export function hashPlainForm(text: string, into: HashWords): void {
  let a = 0xdeadbeef;
  let b = 0x41c6ce57;
  let space = false;
  let any = false;
  for (let i = 0; i < text.length; i++) {
    let code = text.charCodeAt(i);
    if (code > 127) {
      hashText(plainForm(text), into);
      return;
    }
    if (code >= 65 && code <= 90) code += 32;
    if (!((code >= 97 && code <= 122) || (code >= 48 && code <= 57) || code === 0)) {
      space = any;
      continue;
    }
    if (space) {
      a = Math.imul(a ^ 32, 0x9e3779b1);
      b = Math.imul(b ^ 32, 0x5f356495);
    }
    space = false;
    any = true;
    a = Math.imul(a ^ code, 0x9e3779b1);
    b = Math.imul(b ^ code, 0x5f356495);
  }
  if (any) finish(a, b, into);
  else hashText(text, into);
}

/**
 * The text without case, punctuation and repeated white space: letters and digits of any script, words one space apart. The
 * character U+0000, with which texts of a row are joined, stays. A text without letters and digits is its own plain form.
 */
export function plainForm(text: string): string {
  const plain = text.normalize("NFKC").toLowerCase().replace(notPlain, " ").trim();
  return plain === "" ? text : plain;
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: U+0000 joins the texts of a row.
const notPlain = /[^\p{L}\p{M}\p{N}\u0000]+/gu;

/** Numbers that are equal where texts are but for case and punctuation: 53 bits of `hashPlainForm`. */
export function plainKeys(): (text: string) => number {
  const words = hashWords();
  return (text) => {
    hashPlainForm(text, words);
    return words[0] * 0x200000 + (words[1] >>> 11);
  };
}

function finish(a: number, b: number, into: HashWords): void {
  into[0] = mix(a ^ Math.imul(b ^ (b >>> 15), 0x735a2d97));
  // Never both zero, which stands for no hash.
  into[1] = mix(b ^ Math.imul(a ^ (a >>> 15), 0xcaf649a9)) || 1;
}

function mix(word: number): number {
  let z = Math.imul(word ^ (word >>> 16), 0x85ebca6b);
  z = Math.imul(z ^ (z >>> 13), 0xc2b2ae35);
  return z ^ (z >>> 16);
}
