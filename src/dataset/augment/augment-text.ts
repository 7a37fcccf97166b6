import type { Random } from "../../math/random.js";
import type { Augmentation } from "./augmentation.js";

/**
 * Another view of a text, by its augmentations of texts in their order; at least one word stays. Words are what white space separates.
 *
 * - deletion p: each word is left out with probability p
 * - crop p: a span of ⌈(1 − p)·n⌉ words at a random place
 * - repetition p: up to max(2, ⌊p·n⌋) words, drawn without replacement, stand twice (ESimCSE, section 3.1)
 */
export function augmentText(
  text: string,
  augmentations: readonly Augmentation[],
  random: Random,
): string {
  let words = text.split(/\s+/).filter((word) => word !== "");
  if (words.length === 0) return text;
  for (const { name, strength } of augmentations) {
    if (name === "deletion") words = withoutSome(words, strength, random);
    if (name === "crop") words = span(words, strength, random);
    if (name === "repetition") words = repeated(words, strength, random);
  }
  return words.join(" ");
}

function withoutSome(words: readonly string[], share: number, random: Random): string[] {
  const kept = words.filter(() => random.uniform() >= share);
  return kept.length > 0 ? kept : [words[random.below(words.length)]];
}

function span(words: readonly string[], share: number, random: Random): string[] {
  const length = Math.max(1, Math.ceil((1 - share) * words.length));
  const start = random.below(words.length - length + 1);
  return words.slice(start, start + length);
}

function repeated(words: readonly string[], share: number, random: Random): string[] {
  const most = Math.min(words.length, Math.max(2, Math.floor(share * words.length)));
  const chosen = new Set<number>();
  for (let left = random.below(most + 1); left > 0; ) {
    const place = random.below(words.length);
    if (chosen.has(place)) continue;
    chosen.add(place);
    left -= 1;
  }
  return words.flatMap((word, place) => (chosen.has(place) ? [word, word] : [word]));
}
