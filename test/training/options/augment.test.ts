import { describe, expect, it } from "vitest";
import { createRandom } from "../../../src/math/random.js";
import { float32 } from "../../../src/math/tensor.js";
import { augmentVectors } from "../../../src/training/batches/augment-vectors.js";
import { makeBatch } from "../../../src/training/batches/run-texts.js";
import { cutTokens } from "../../../src/training/batches/token-cutoff.js";
import { planTraining } from "../../../src/training/plan/plan.js";
import { temporaryFile, userErrorOf } from "../../dataset/temporary-files.js";

const place = { seed: 1, epoch: 0, batch: 0 };
const sentence = (i: number): string => `the sentence number ${i} has quite a few words in it`;
const texts = temporaryFile(
  Array.from({ length: 12 }, (_, i) => `${sentence(i)}\n`).join(""),
  "t.txt",
);
const scored = temporaryFile("sentence1,sentence2,score\na,b,0\nc,d,1\ne,f,0.5\n");
const options = { data: texts, eval: scored, out: "unused", batchSize: 4 };

describe("views of single texts", () => {
  it("differ between sides and epochs, and come again in order", async () => {
    const plan = await planTraining({ ...options, augment: "deletion:0.3", augmentViews: 4 });
    const all = plan.texts.prompted;
    const rows = Int32Array.of(0, 1, 2);
    const seen = (epoch: number) => {
      const { texts: numbers } = makeBatch(plan, { epoch, batch: 0, rows });
      return [numbers.anchors, numbers.positives].map((own) => Array.from(own!, (n) => all[n]));
    };
    const first = seen(0);
    expect(first[0]).not.toEqual(first[1]);
    expect(seen(1)).not.toEqual(first);
    expect(seen(2)).toEqual(first);
    for (const view of first.flat()) expect(view).toMatch(/^(\S+ ?)+$/);
    expect(plan.groups[0].seen.rows[0]).toMatchObject({
      anchor: first[0][0],
      positive: first[1][0],
    });
    expect(plan.notes.join()).toContain("4 views are made of each text");
    const again = await planTraining({ ...options, augment: "deletion:0.3", augmentViews: 4 });
    expect(again.texts.prompted).toEqual(all);
    const other = await planTraining({ ...options, augment: "deletion:0.3", seed: 7 });
    expect(other.texts.prompted).not.toEqual(all);
  });

  it("of equal texts never stand against each other", async () => {
    const repeated = temporaryFile(
      `${sentence(1)}\n`.repeat(3) + `${sentence(2)}\n`.repeat(3),
      "r.txt",
    );
    const plan = await planTraining({
      ...options,
      data: repeated,
      augment: "crop:0.5",
      batchSize: 2,
    });
    for (const rows of plan.sampler.plan(0).batches) {
      const lines = Array.from(rows, (row) => row < 3);
      expect(new Set(lines).size).toBe(lines.length);
    }
  });

  it("leave the texts as they are where only vectors change", async () => {
    const plan = await planTraining({ ...options, augment: "noise:0.1" });
    expect(plan.groups[0].batches.texts).toHaveLength(12);
    expect(plan.groups[0].seen).toBe(plan.files[0].train);
    expect(plan.augmentations?.vector).toEqual([{ name: "noise", strength: 0.1 }]);
  });

  it("take dropout for the option of that name", async () => {
    const asked = { ...options, tune: "lora", augment: "dropout:0.2,token-cutoff:0.1" } as const;
    expect((await planTraining(asked)).settings.dropout).toBe(0.2);
    expect((await planTraining({ ...asked, dropout: 0 })).settings.dropout).toBe(0.2);
  });

  it("prefer the text column of classed data", async () => {
    const classed = temporaryFile(
      `text,label\n${Array.from({ length: 9 }, (_, i) => `${sentence(i)},${i % 2}\n`).join("")}`,
    );
    const plan = await planTraining({ ...options, data: classed, augment: "crop:0.2" });
    expect(plan.files[0].data.kind).toBe("text");
  });

  it.each([
    [{ augment: "dropout:0.1" }, "frozen-encoder"],
    [{ augment: "token-cutoff:0.1" }, "frozen-encoder"],
    [{ augment: "noise:0.1", tune: "lora" }, "trained-encoder"],
    [{ augment: "noise:0.1", augmentViews: 6 }, "option-without-effect"],
    [{ augment: "crop:0.1", augmentViews: 1 }, "bad-option"],
    [
      { augment: "crop:0.1", data: temporaryFile("anchor,positive\na,b\nc,d\n") },
      "augments-nothing",
    ],
  ] as const)("refuse %j", async (given, code) => {
    expect(await userErrorOf(planTraining({ ...options, ...given }))).toMatchObject({
      code,
      exitCode: 2,
    });
  });
});

describe("augmentVectors", () => {
  const [rows, cols] = [40, 64];
  const vectors = () => {
    const random = createRandom(5);
    const data = Float32Array.from({ length: rows * cols }, () => random.normal());
    return float32([rows, cols], data);
  };
  const changed = (name: "feature-cutoff" | "noise" | "mixup", strength: number) => {
    const feeds = { anchors: vectors(), positives: vectors(), other: vectors() };
    augmentVectors(feeds, [{ name, strength }], place);
    return Object.fromEntries(
      Object.entries(feeds).map(([role, { data }]) => [role, data as Float32Array]),
    );
  };
  const before = vectors().data as Float32Array;
  const norm = (data: ArrayLike<number>) =>
    Math.sqrt(Array.from(data).reduce((s, x) => s + x * x, 0));

  it("feature-cutoff sets the given share to zero, other ones on each side", () => {
    const { anchors, positives, other } = changed("feature-cutoff", 0.25);
    const zeros = Array.from(anchors).filter((x) => x === 0).length;
    expect(Math.abs(zeros / before.length - 0.25)).toBeLessThan(0.03);
    expect(anchors).not.toEqual(positives);
    expect(other).toEqual(before);
  });

  it("noise has the given length in lengths of the vector", () => {
    const { anchors } = changed("noise", 0.5);
    const shares = Array.from({ length: rows }, (_, i) => {
      const part = (data: ArrayLike<number>) => Array.from(data).slice(i * cols, (i + 1) * cols);
      const own = part(before);
      return norm(part(anchors).map((x, d) => x - own[d])) / norm(own);
    });
    expect(Math.abs(shares.reduce((a, b) => a + b, 0) / rows - 0.5)).toBeLessThan(0.03);
  });

  it("mixup moves each row towards one other", () => {
    const { anchors } = changed("mixup", 0.3);
    for (let i = 0; i < rows; i++) {
      // Along the line to the other row, the first two features move by the same share.
      const at = (data: ArrayLike<number>, j: number, d: number) => Number(data[j * cols + d]);
      const shares = Array.from({ length: rows }, (_, j) => {
        if (j === i) return Number.NaN;
        const share = (d: number) =>
          (at(anchors, i, d) - at(before, i, d)) / (at(before, j, d) - at(before, i, d));
        return Math.abs(share(0) - share(1)) < 1e-3 ? share(0) : Number.NaN;
      }).filter(Number.isFinite);
      expect(shares.some((share) => share >= 0 && share <= 0.3)).toBe(true);
    }
  });

  it("depends on seed, epoch and batch alone", () => {
    const run = (given: typeof place) =>
      augmentVectors({ anchors: vectors() }, [{ name: "noise", strength: 1 }], given).anchors.data;
    expect(run(place)).toEqual(run(place));
    expect(run({ ...place, epoch: 1 })).not.toEqual(run(place));
    expect(run({ ...place, batch: 1 })).not.toEqual(run(place));
  });
});

describe("cutTokens", () => {
  const ids = Array.from({ length: 50 }, () => Int32Array.from([101, 1, 2, 3, 4, 5, 6, 7, 8, 102]));

  it("keeps special tokens, one more, and the order", () => {
    const cut = cutTokens(ids, [{ name: "token-cutoff", strength: 0.5 }], place);
    for (const own of cut) {
      expect([own[0], own.at(-1)]).toEqual([101, 102]);
      expect(own.length).toBeGreaterThan(2);
      expect(Array.from(own.subarray(1, -1))).toEqual([...own.subarray(1, -1)].sort());
    }
    const kept = cut.reduce((sum, own) => sum + own.length - 2, 0);
    expect(Math.abs(kept / 400 - 0.5)).toBeLessThan(0.08);
    const all = cutTokens(
      [Int32Array.of(101, 102)],
      [{ name: "token-cutoff", strength: 0.9 }],
      place,
    );
    expect(all[0]).toEqual(Int32Array.of(101, 102));
    expect(cutTokens(ids, [], place)).toBe(ids);
  });
});
