import type { Embed, Side } from "./metric.js";

/** Embeds each text of a side once, with the texts of its first call; later calls get the same vector. All vectors are held. */
export function embeddedOnce(embed: Embed): Embed {
  const known: Readonly<Record<Side, Map<string, Float32Array>>> = {
    query: new Map(),
    document: new Map(),
  };
  return async (texts, side) => {
    const vectors = known[side];
    const fresh = [...new Set(texts)].filter((text) => !vectors.has(text));
    if (fresh.length > 0 || vectors.size === 0) {
      const { cols, data } = await embed(fresh, side);
      for (const [i, text] of fresh.entries())
        vectors.set(text, data.subarray(i * cols, (i + 1) * cols));
    }
    const cols = vectors.values().next().value?.length ?? 0;
    const data = new Float32Array(texts.length * cols);
    for (const [i, text] of texts.entries()) data.set(vectors.get(text)!, i * cols);
    return { rows: texts.length, cols, data };
  };
}
