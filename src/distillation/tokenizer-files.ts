import { LONGEST_WORD, SPECIAL_TOKENS } from "./train-wordpiece.js";

const special = (token: string) => ({ SpecialToken: { id: token, type_id: 0 } });
const sequence = (id: string, type: number) => ({ Sequence: { id, type_id: type } });

/**
 * Files of a lower-casing WordPiece tokenizer, by name, as Hugging Face's tokenizers library writes them: transformers.js and Python give
 * the same numbers. `tokens` in the order of their numbers.
 */
export function tokenizerFiles(
  tokens: readonly string[],
  maxLength: number,
): Readonly<Record<string, object>> {
  const number = (token: string): number => tokens.indexOf(token);
  const added = SPECIAL_TOKENS.map((content) => ({
    id: number(content),
    content,
    ...{ single_word: false, lstrip: false, rstrip: false, normalized: false, special: true },
  }));
  const framed = ["[CLS]", "[SEP]"].map(
    (id) => [id, { id, ids: [number(id)], tokens: [id] }] as const,
  );
  const names = { pad: "[PAD]", unk: "[UNK]", cls: "[CLS]", sep: "[SEP]", mask: "[MASK]" };
  const roles = Object.fromEntries(
    Object.entries(names).map(([role, token]) => [`${role}_token`, token]),
  );
  return {
    "tokenizer.json": {
      version: "1.0",
      truncation: null,
      padding: null,
      added_tokens: added,
      normalizer: {
        type: "BertNormalizer",
        ...{ clean_text: true, handle_chinese_chars: true, strip_accents: null, lowercase: true },
      },
      pre_tokenizer: { type: "BertPreTokenizer" },
      post_processor: {
        type: "TemplateProcessing",
        single: [special("[CLS]"), sequence("A", 0), special("[SEP]")],
        pair: [
          ...[special("[CLS]"), sequence("A", 0), special("[SEP]")],
          ...[sequence("B", 1), { SpecialToken: { id: "[SEP]", type_id: 1 } }],
        ],
        special_tokens: Object.fromEntries(framed),
      },
      decoder: { type: "WordPiece", prefix: "##", cleanup: true },
      model: {
        type: "WordPiece",
        unk_token: "[UNK]",
        continuing_subword_prefix: "##",
        max_input_chars_per_word: LONGEST_WORD,
        vocab: Object.fromEntries(tokens.map((token, i) => [token, i])),
      },
    },
    "tokenizer_config.json": {
      tokenizer_class: "BertTokenizer",
      do_lower_case: true,
      model_max_length: maxLength,
      ...roles,
    },
    "special_tokens_map.json": roles,
  };
}
