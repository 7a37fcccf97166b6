import { describe, expect, it } from "vitest";
import { evaluatorBeside } from "../../src/evaluation/beside.js";
import { retrievalAmong } from "../../src/evaluation/evaluators/pair-retrieval.js";
import type { Embed } from "../../src/evaluation/metric.js";

const pair = (anchor: string, positive: string) => ({ anchor, positive, negatives: [], line: 1 });
const vectors: Readonly<Record<string, readonly [number, number]>> = {
  "q 1": [1, 0],
  "q 2": [0, 1],
  "d 1": [1, 0.1],
  "d 2": [1, 0.2],
  other: [1, 0.15],
};

describe("an evaluator beside another", () => {
  const others = ["other", "d 9"].map((text) => ({ text }));
  const main = retrievalAmong([pair("q 1", "d 1")], others);
  const second = retrievalAmong([pair("q 2", "d 2")], others);
  const both = evaluatorBeside(main, second, "documents");
  const calls: string[] = [];
  const embed: Embed = async (texts, side) => {
    calls.push(...texts.map((text) => `${side}: ${text}`));
    const data = Float32Array.from(texts.flatMap((text) => vectors[text] ?? [0, -1]));
    return { rows: texts.length, cols: 2, data };
  };

  it("gives the figures of each, and embeds once what both search", async () => {
    const { metrics } = await both.run(embed);
    const alone = [await main.run(embed), await second.run(embed)];
    expect(metrics.map(({ value }) => value)).toEqual(
      alone.flatMap((one) => one.metrics.map(({ value }) => value)),
    );
    expect(metrics.map(({ key }) => key)).toEqual(both.keys);
    // d 2 lies nearer to q 2 than the other does.
    expect(metrics.map(({ value }) => value)).toEqual([1, 1, 1, 1]);
    expect(calls.slice(0, 6).sort()).toEqual(
      ["q 1", "q 2"]
        .map((text) => `query: ${text}`)
        .concat(["d 1", "d 2", "d 9", "other"].map((text) => `document: ${text}`))
        .sort(),
    );
    expect(calls).toHaveLength(6 + 4 + 4);
  });

  it("says how many texts that are", () => {
    expect(main.embeds).toEqual({ own: 2, trained: 2 });
    expect(both.embeds).toEqual({ own: 4, trained: 2 });
  });

  it("embeds anew at the next evaluation", async () => {
    calls.length = 0;
    await both.run(embed);
    await both.run(embed);
    expect(calls).toHaveLength(2 * 6);
  });
});
