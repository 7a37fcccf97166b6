import { readFileSync } from "node:fs";

/** Texts at the edges: nothing, white space, other scripts, emoji, combining marks, control characters, one word without end. */
const edges: readonly string[] = [
  "",
  " ",
  "a",
  "…",
  "Où est l'hôtel près de la gare ?",
  "Die Straße führt über den Fluss zur Mühle.",
  "Когда отправляется последний поезд?",
  "这本书多少钱?",
  "駅はどこですか。",
  "أين المكتبة؟",
  "दुकान कब खुलती है?",
  "🙂👍🏽 see you at 7 👨‍👩‍👧",
  "cafe\u0301 and café",
  "tab\tand\nnew line",
  "x".repeat(300),
  "[CLS] [SEP] [MASK] <s> </s>",
];

/**
 * `count` fixed English sentences for comparing two forms of a model: the package's own sentence pairs, the longer ones made by
 * joining up to 40 of them, so that lengths run from a few tokens to more than a model takes.
 */
export function plainTexts(count: number): string[] {
  const path = new URL("../../data/everyday-sts/test.csv", import.meta.url);
  const rows = readFileSync(path, "utf8").split("\n").slice(1);
  const sentences = [...new Set(rows.flatMap((row) => row.split(/,(?! )/).slice(0, 2)))].filter(
    (text) => text !== "" && !text.includes('"'),
  );
  return Array.from({ length: count }, (_, i) => {
    const length = i % 10 === 9 ? 2 + ((i * 7) % 39) : 1;
    const at = (k: number): string => sentences[(i * 13 + k) % sentences.length] ?? "";
    return Array.from({ length }, (_, k) => at(k)).join(" ");
  });
}

/** `count` texts in mixed lengths: the edges first, then plain ones. */
export function mixedTexts(count: number): string[] {
  return [...edges, ...plainTexts(Math.max(0, count - edges.length))].slice(0, count);
}
