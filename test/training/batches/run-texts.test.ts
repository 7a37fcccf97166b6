import { describe, expect, it } from "vitest";
import type { BatchMaker, BatchMakerOptions } from "../../../src/training/batches/batch-maker.js";
import { batchMaker } from "../../../src/training/batches/make-batches.js";
import { pairBatches } from "../../../src/training/batches/pair-batches.js";
import {
  makeBatch,
  numberTexts,
  type PromptedGroup,
} from "../../../src/training/batches/run-texts.js";

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
const pairs = pairBatches(rows, options);
const scored = batchMaker(
  {
    kind: "scored-pair",
    rows: [{ sentence1: "x", sentence2: "a", score: 1, line: 1 }],
    account: { file: "f", sha256: "", read: 1, kept: 1, dropped: [], notes: [] },
    columns: {},
    dialect: "",
  },
  options,
);
const planned = { epoch: 0, batch: 0, rows: Int32Array.of(0, 1, 2) };
const different = { query: "Q:", document: "D:", other: "T:" };
const none = { query: "", document: "", other: "" };

/** The batch's texts in words, as they are embedded and as other models see them. */
function batchOf(groups: readonly PromptedGroup[], at = planned) {
  const texts = numberTexts(groups);
  let first = 0;
  const placed = groups.map(({ batches }) => {
    const place = { first, batches };
    first += batches === scored ? 1 : rows.length;
    return place;
  });
  const batch = makeBatch({ groups: placed, texts }, at);
  const words = (from: readonly string[]) =>
    Object.fromEntries(
      Object.entries(batch.texts).map(([role, numbers]) => [
        role,
        Array.from(numbers, (number) => from[number]),
      ]),
    );
  return { batch, texts, prompted: words(texts.prompted), bare: words(texts.bare) };
}

describe("texts under two prompts", () => {
  const { batch, texts, prompted, bare } = batchOf([{ batches: pairs, prompts: different }]);

  it("have in each role its own", () => {
    expect(prompted).toEqual({
      anchors: ["Q:a", "Q:d", "Q:f"],
      positives: ["D:b", "D:a", "D:g"],
      negatives: ["D:c", "D:e", "D:a"],
    });
  });

  it("stand under no prompt that they are never used with", () => {
    const wanted = ["Q:a", "D:a", "D:b", "D:c", "Q:d", "D:e", "Q:f", "D:g"];
    expect([...texts.prompted].sort()).toEqual(wanted.sort());
    const accepted = ["anchors", "positives"] as const;
    const batches = pairBatches(rows, { ...options, accepted });
    const without = numberTexts([{ batches, prompts: different }]).prompted;
    expect(without).not.toContain("D:c");
    expect(without).toContain("D:a");
  });

  it("are bare for other models, by the same numbers", () => {
    expect(bare.anchors).toEqual(["a", "d", "f"]);
    expect(bare.positives).toEqual(["b", "a", "g"]);
  });

  it("keep the mask and the components that they have without", () => {
    const plain = batchOf([{ batches: pairs, prompts: none }]);
    expect(batch.constants).toEqual(plain.batch.constants);
    expect(batch.components).toEqual(plain.batch.components);
    const component = (of: typeof plain, text: string): number =>
      of.texts.components[of.texts.prompted.indexOf(text)];
    for (const text of ["a", "b", "g", "e"])
      expect(component({ ...plain, texts }, `D:${text}`)).toBe(component(plain, text));
    // Rows 1 and 2 share "a"; "e" is a negative alone.
    const [first, second, third] = batch.components ?? [];
    expect(first).toBe(second);
    expect(component({ ...plain, texts }, "Q:a")).toBe(first);
    expect(component({ ...plain, texts }, "D:g")).toBe(third);
    expect(component({ ...plain, texts }, "D:e")).toBe(-1);
  });
});

describe("texts under one prompt", () => {
  it("keep the numbers of their group", () => {
    const prompts = { query: "X:", document: "X:", other: "T:" };
    const { batch, texts } = batchOf([{ batches: pairs, prompts }]);
    expect(texts.prompted).toEqual(pairs.texts.map((text: string) => `X:${text}`));
    expect(texts.bare).toEqual(pairs.texts);
    expect(batch).toEqual({ ...pairs.make(planned), group: 0 });
  });

  it("of rows without sides have the other one", () => {
    expect(numberTexts([{ batches: scored, prompts: different }]).prompted).toEqual(["T:x", "T:a"]);
  });
});

describe("texts of several groups", () => {
  const groups = [
    { batches: scored, prompts: different },
    { batches: pairs, prompts: different },
  ];

  it("follow each other, once for each group", () => {
    const { prompted, components } = numberTexts(groups);
    expect(prompted.slice(0, 4)).toEqual(["T:x", "T:a", "Q:a", "D:a"]);
    expect([...components.subarray(0, 2)]).toEqual([-1, -1]);
    expect(components[2]).toBeGreaterThanOrEqual(0);
  });

  it("come in batches of the group that the rows are of", () => {
    const { batch, prompted } = batchOf(groups, { ...planned, rows: Int32Array.of(2, 3) });
    expect(batch.group).toBe(1);
    expect(prompted.anchors).toEqual(["Q:d", "Q:f"]);
    const first = batchOf(groups, { ...planned, rows: Int32Array.of(0) });
    expect([first.batch.group, first.prompted]).toEqual([
      0,
      { sentence1: ["T:x"], sentence2: ["T:a"] },
    ]);
  });

  it("have no components where false negatives are not looked after", () => {
    const batches = pairBatches(rows, { ...options, falseNegatives: false });
    expect(new Set(numberTexts([{ batches, prompts: none }]).components)).toEqual(new Set([-1]));
  });
});

describe("views", () => {
  // Texts a and b of two views each; one view they have in common.
  const single = ["a", "b"].map((text) => ({ anchor: text, positive: text, negatives: [] }));
  const base = pairBatches(
    single.map((row, i) => ({ ...row, line: i })),
    options,
  );
  const batches: BatchMaker = { ...base, texts: ["a1", "same", "same", "b2"], views: 2 };
  const group = { batches, prompts: { query: "P:", document: "P:", other: "P:" } };

  it("alternate between the sides, and equal ones have one number", () => {
    const { texts, prompted } = batchOf([group], { ...planned, rows: Int32Array.of(0, 1) });
    expect(prompted).toEqual({ anchors: ["P:a1", "P:same"], positives: ["P:same", "P:b2"] });
    expect(texts.bare).toEqual(["a1", "same", "b2"]);
    expect([...texts.components]).toEqual([0, 0, 1]);
  });
});
