import { describe, expect, it } from "vitest";
import type { Embed } from "../../src/evaluation/metric.js";
import { formsOf, rememberedEmbed } from "../../src/jobs/vector-forms.js";

/** Embeds "1 -2 3" as these numbers, and counts texts. */
function counting(): { readonly embed: Embed; readonly texts: string[] } {
  const texts: string[] = [];
  const embed: Embed = async (some) => {
    texts.push(...some);
    const rows = some.map((text) => text.split(" ").map(Number));
    return { rows: rows.length, cols: rows[0].length, data: Float32Array.from(rows.flat()) };
  };
  return { embed, texts };
}

describe("forms of vectors", () => {
  it("are the model's own, then each dimension in each precision", () => {
    expect(formsOf()).toEqual([{}]);
    expect(formsOf([2], ["binary"])).toEqual([
      {},
      { precision: "binary" },
      { dim: 2 },
      { dim: 2, precision: "binary" },
    ]);
  });

  it("are made of vectors that are computed once a side", async () => {
    const { embed, texts } = counting();
    const { embed: remembered, inForm } = rememberedEmbed(embed);
    await remembered(["3 4 1", "3 4 1", "0 2 0"], "query");
    const cut = await (await inForm({ dim: 2 }))(["0 2 0", "3 4 1"], "query");
    for (const [i, x] of [0, 1, 0.6, 0.8].entries()) expect(cut.data[i]).toBeCloseTo(x, 6);
    expect(texts).toEqual(["3 4 1", "0 2 0"]);
    await remembered(["3 4 1"], "document");
    expect(texts).toHaveLength(3);
  });

  it("binary keeps the signs", async () => {
    const { embed, inForm } = rememberedEmbed(counting().embed);
    await embed(["3 -4 0"], "query");
    const signs = await (await inForm({ precision: "binary" }))(["3 -4 0"], "query");
    expect([...signs.data]).toEqual([1, -1, -1]);
  });

  it("int8 spreads each dimension over the range of all texts of both sides", async () => {
    const { embed, inForm } = rememberedEmbed(counting().embed);
    await embed(["0 10", "51 20"], "query");
    await embed(["255 30"], "document");
    const codes = await (await inForm({ precision: "int8" }))(["0 10", "51 20"], "query");
    expect([...codes.data]).toEqual([-128, -128, -77, -1]);
  });

  it("refuses more dimensions than there are", async () => {
    const { embed, inForm } = rememberedEmbed(counting().embed);
    await embed(["1 2"], "query");
    await expect(inForm({ dim: 3 })).rejects.toThrow("--dim must be at most the model's 2, got 3");
  });
});
