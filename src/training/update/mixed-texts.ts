import type { Encoder } from "../../encoder/encoder.js";
import { UserError } from "../../errors/user-error.js";

/** How far a vector may be off beside other texts: rounding is a thousand times smaller. */
const TOLERANCE = 1e-2;

/** Texts that are put together. */
const TEXTS = 4;

/**
 * Refuses a model whose vector of a text depends on which other texts are in its batch, as normalisation over the batch and attention that does
 * not mask padding make it: such vectors cannot be trained, nor compared. A few texts of different length are embedded alone and together. UserError
 * `texts-mixed`.
 */
export async function refuseMixedTexts(encoder: Encoder, texts: readonly string[]): Promise<void> {
  const sample = [...new Set(texts.slice(0, 16 * TEXTS))]
    .sort((a, b) => a.length - b.length)
    .filter((_, i, all) => i % Math.max(1, Math.floor(all.length / TEXTS)) === 0);
  const together = await encoder.encode(sample, { prompt: "" });
  const { cols } = together;
  for (const [i, text] of sample.entries()) {
    const { data } = await encoder.encode([text], { prompt: "" });
    const beside = together.data.subarray(i * cols, (i + 1) * cols);
    const off = Math.hypot(...data.map((x, k) => x - beside[k])) / Math.hypot(...data);
    if (!(off > TOLERANCE)) continue;
    throw new UserError(
      "texts-mixed",
      `the model's vector of a text changes by ${(100 * off).toFixed(0)} % beside other texts of a batch`,
      {
        at: { file: encoder.info.modelFile },
        hint: "it must not attend to padding, nor compute over the batch: export it in evaluation mode, with attention_mask as an input that is used",
      },
    );
  }
}
