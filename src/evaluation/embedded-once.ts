import type { Embed, Side } from "./metric.js";

/** Vectors by side and text. */
export type KnownVectors = Readonly<Record<Side, ReadonlyMap<string, Float32Array>>>;

/**
 * Embeds each text of a side once, with the texts of its first call; later calls get the same vector. `known` are all vectors so far, which are
 * held without bound.
 */
export function embeddedOnce(embed: Embed): {
  readonly embed: Embed;
  readonly known: KnownVectors;
} {
  const known: Record<Side, Map<string, Float32Array>> = { query: new Map(), document: new Map() };
  let cols = 0;
  const once: Embed = async (texts, side) => {
    const vectors = known[side];
    const missing = [...new Set(texts)].filter((text) => !vectors.has(text));
    if (missing.length > 0) {
      const fresh = await embed(missing, side);
      cols = fresh.cols;
      missing.forEach((text, i) => {
        vectors.set(text, fresh.data.subarray(i * cols, (i + 1) * cols));
      });
    }
    const data = new Float32Array(texts.length * cols);
    texts.forEach((text, i) => {
      data.set(vectors.get(text) ?? [], i * cols);
    });
    return { rows: texts.length, cols, data };
  };
  return { embed: once, known };
}
