import { describe, expect, it } from "vitest";
import { type BatchMakerOptions, batchMaker } from "../../../src/training/batches/batch-inputs.js";
import { pairBatches } from "../../../src/training/batches/pair-inputs.js";
import { promptedBatches } from "../../../src/training/batches/prompted-batches.js";

const options: BatchMakerOptions = {
  accepted: ["anchors", "positives", "negatives", "mask"],
  objective: {},
  seed: 1,
  falseNegatives: true,
};
// "a" is an anchor, a positive and a negative; "c" and "e" negatives alone.
const rows = [
  { anchor: "a", positive: "b", negatives: ["c"], line: 1 },
  { anchor: "d", positive: "a", negatives: ["e"], line: 2 },
  { anchor: "f", positive: "g", negatives: ["a"], line: 3 },
];
const maker = pairBatches(rows, options);
const planned = { epoch: 0, batch: 0, rows: Int32Array.of(0, 1, 2) };
const different = { query: "Q:", document: "D:", other: "T:" };

function named(texts: readonly string[], own: Int32Array | undefined): string[] {
  return Array.from(own ?? [], (number) => texts[number]);
}

describe("batches with two prompts", () => {
  const prompted = promptedBatches(maker, different);
  const batch = prompted.make(planned);

  it("give each role its own", () => {
    expect(named(prompted.texts, batch.texts.anchors)).toEqual(["Q:a", "Q:d", "Q:f"]);
    expect(named(prompted.texts, batch.texts.positives)).toEqual(["D:b", "D:a", "D:g"]);
    expect(named(prompted.texts, batch.texts.negatives)).toEqual(["D:c", "D:e", "D:a"]);
  });

  it("hold no text under a prompt that it is never used with", () => {
    const wanted = ["Q:a", "D:a", "D:b", "D:c", "Q:d", "D:e", "Q:f", "D:g"];
    expect([...prompted.texts].sort()).toEqual(wanted.sort());
  });

  it("keep the bare texts for other models, by the same numbers", () => {
    expect(named(prompted.bareTexts ?? [], batch.texts.positives)).toEqual(["b", "a", "g"]);
    expect(named(prompted.bareTexts ?? [], batch.texts.anchors)).toEqual(["a", "d", "f"]);
  });

  it("mask what is masked without prompts", () => {
    expect(batch.constants).toEqual(maker.make(planned).constants);
    const mask = (of: typeof maker, name: string, prefix: string): number[] => {
      const number = of.texts.indexOf(prefix + name);
      expect(number).toBeGreaterThanOrEqual(0);
      return [...(of.falseNegatives?.(planned.rows, Int32Array.of(number, -1)) ?? [])];
    };
    for (const name of ["a", "b", "g", "e"]) {
      expect(mask(prompted, name, "D:")).toEqual(mask(maker, name, ""));
    }
    // Rows 1 and 2 share "a", so their texts are no negatives of each other; the place −1 is nobody's.
    expect(mask(prompted, "a", "Q:")).toEqual([1, 0, 1, 0, 0, 0]);
  });
});

describe("batches with one prompt", () => {
  it("keep all numbers", () => {
    const same = promptedBatches(maker, { query: "X:", document: "X:", other: "T:" });
    expect(same.texts).toEqual(maker.texts.map((text) => `X:${text}`));
    expect(same.bareTexts).toEqual(maker.texts);
    expect(same.make(planned)).toEqual(maker.make(planned));
  });

  it("of rows without sides have the other one", () => {
    const dataset = {
      kind: "scored-pair" as const,
      rows: [{ sentence1: "x", sentence2: "y", score: 1, line: 1 }],
      account: { file: "f", sha256: "", read: 1, kept: 1, dropped: [], notes: [] },
      columns: {},
      dialect: "",
    };
    const scored = promptedBatches(batchMaker(dataset, options), different);
    expect(scored.texts).toEqual(["T:x", "T:y"]);
  });

  it("that is empty are the same batches", () => {
    expect(promptedBatches(maker, { query: "", document: "", other: "T:" })).toBe(maker);
  });

  it("leave out negatives that the objective does not take", () => {
    const bare = pairBatches(rows, { ...options, accepted: ["anchors", "positives"] });
    const prompted = promptedBatches(bare, different);
    expect(prompted.texts).not.toContain("D:c");
    expect(prompted.texts).toContain("D:a");
  });
});
