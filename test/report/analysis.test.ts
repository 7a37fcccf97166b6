import { expect, it } from "vitest";
import { analyse } from "../../src/evaluation/analysis/analyse.js";
import { formatAnalysis } from "../../src/report/analysis.js";

it("explains the figures that say nothing to whoever never met them, where they are shown", async () => {
  const embed = async (texts: readonly string[]) => ({
    rows: texts.length,
    cols: 2,
    data: Float32Array.from(
      texts.flatMap((text) => [Math.cos(text.length), Math.sin(text.length)]),
    ),
  });
  const texts = ["one", "three", "seventeen", "thousands"];
  const shown = async (others?: readonly string[]) => {
    const rows = { lines: [1, 2, 3, 4], texts, others, base: {}, figures: {} };
    const look = await analyse(rows, embed);
    return formatAnalysis({ model: look?.analysis });
  };
  const alone = await shown();
  expect(alone).toContain("Uniformity is how evenly all texts spread");
  expect(alone).toContain("The effective rank is how many directions");
  expect(alone).not.toContain("Alignment is");
  expect(await shown(["1", "22", "333", "4444"])).toContain("Alignment is how far apart");
});
