/** Control and unassigned characters; tab, line feed and carriage return count as white space. */
const CONTROL = /[\p{Cc}\p{Cf}\p{Cn}\p{Co}\p{Cs}\uFFFD]/gu;
const CJK =
  /[\u4E00-\u9FFF\u3400-\u4DBF\u{20000}-\u{2A6DF}\u{2A700}-\u{2B73F}\u{2B740}-\u{2B81F}\u{2B820}-\u{2CEAF}\uF900-\uFAFF\u{2F800}-\u{2FA1F}]/gu;
const WORDS = /[!-/:-@[-`{-~]|\p{P}|[^\s!-/:-@[-`{-~\p{P}]+/gu;

/**
 * The words of a text as BERT's lower-casing tokenizer takes it apart before WordPiece (Devlin et al. 2018): control characters go, Chinese
 * characters stand alone, accents and capitals go, then words by white space, each punctuation mark for itself.
 */
export function bertWords(text: string): string[] {
  const clean = text.replace(/[\t\n\r]/g, " ").replace(CONTROL, "");
  const spaced = clean.replace(CJK, " $& ");
  const plain = spaced
    .normalize("NFD")
    .replace(/\p{Mn}/gu, "")
    .toLowerCase();
  return plain.match(WORDS) ?? [];
}
