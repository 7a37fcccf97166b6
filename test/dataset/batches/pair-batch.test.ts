import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { componentSizes, componentsOf } from "../../../src/dataset/batches/components.js";
import {
  batchNoise,
  drawNoise,
  logNoise,
  noiseWeights,
} from "../../../src/dataset/batches/noise.js";
import { pairBatcher } from "../../../src/dataset/batches/pair-batch.js";
import { indexPairs } from "../../../src/dataset/batches/pair-index.js";
import type { PairRow } from "../../../src/dataset/rows/row-types.js";
import { UserError } from "../../../src/errors/user-error.js";
import { createRandom } from "../../../src/math/random.js";

const pair = (
  anchor: string,
  positive: string,
  negatives: readonly string[] = [],
  group?: string,
): PairRow => ({
  anchor,
  positive,
  negatives,
  line: 1,
  ...(group === undefined ? {} : { group }),
});

/** The mask as one text a row. */
function maskOf(rows: readonly PairRow[], options?: Parameters<typeof pairBatcher>[1]): string[] {
  const { mask, candidates } = pairBatcher(indexPairs(rows), options)(Int32Array.from(rows.keys()));
  const all = Array.from(mask).join("");
  return rows.map((_, i) => all.slice(i * candidates.length, (i + 1) * candidates.length));
}

describe("components", () => {
  it("join rows by any shared key, transitively, numbered by first appearance", () => {
    const keys = [["a", "b"], ["c"], ["d", "b"], ["e"], ["d", "f"]];
    expect([...componentsOf(keys, (k) => k)]).toEqual([0, 1, 0, 2, 0]);
    expect([...componentSizes(componentsOf(keys, (k) => k))]).toEqual([3, 1, 1]);
  });

  it("equal those of a naive search", () => {
    const rows = fc.array(fc.array(fc.integer({ min: 0, max: 25 }).map(String), { maxLength: 3 }), {
      maxLength: 25,
    });
    fc.assert(
      fc.property(rows, (keys) => {
        const found = componentsOf(keys, (k) => k);
        const naive = keys.map((_, i) => i);
        for (let pass = 0; pass < keys.length; pass++) {
          keys.forEach((a, i) => {
            keys.forEach((b, j) => {
              if (a.some((key) => b.includes(key)))
                naive[i] = naive[j] = Math.min(naive[i], naive[j]);
            });
          });
        }
        keys.forEach((_, i) => {
          keys.forEach((__, j) => {
            expect(found[i] === found[j]).toBe(naive[i] === naive[j]);
          });
        });
      }),
    );
  });
});

describe("the mask of false negatives", () => {
  it("is empty where nothing is shared", () => {
    expect(maskOf([pair("a", "b", ["n"]), pair("c", "d", ["m"])])).toEqual(["0000", "0000"]);
  });

  it("removes positives of connected rows: same anchor, same positive, swapped roles, same group", () => {
    expect(maskOf([pair("a", "b"), pair("a", "c"), pair("x", "y")])).toEqual(["010", "100", "000"]);
    expect(maskOf([pair("a", "b"), pair("c", "b"), pair("x", "y")])).toEqual(["010", "100", "000"]);
    expect(maskOf([pair("a", "b"), pair("b", "c"), pair("c", "d")])).toEqual(["011", "101", "110"]);
    expect(
      maskOf([pair("a", "b", [], "g"), pair("c", "d", [], "g"), pair("x", "y", [], "h")]),
    ).toEqual(["010", "100", "000"]);
    expect(maskOf([pair("a", "g"), pair("c", "d", [], "g")])).toEqual(["00", "00"]);
  });

  it("removes another row's explicit negative that is a text of the anchor's component, keeps the anchor's own", () => {
    // Row 1 pushes away "b", the positive of row 0; "e" belongs to row 0's component through row 2.
    const rows = [pair("a", "b", ["e"]), pair("c", "d", ["b"]), pair("a", "e", ["z"])];
    expect(maskOf(rows)).toEqual(["001010", "000000", "100110"]);
  });

  it("removes missing negatives for every anchor, and an own negative equal to the own texts", () => {
    expect(maskOf([pair("a", "b", ["n"]), pair("c", "d")])).toEqual(["0001", "0001"]);
    expect(maskOf([pair("a", "b", ["a", "b", "n"])])).toEqual(["0110"]);
    expect(maskOf([pair("a", "b")], { negativesPerRow: 2 })).toEqual(["011"]);
  });

  it("can be confined to missing negatives", () => {
    expect(maskOf([pair("a", "b", ["n"]), pair("a", "c")], { falseNegatives: false })).toEqual([
      "0001",
      "0001",
    ]);
  });

  it("starts afresh with every batch", () => {
    const index = indexPairs([pair("a", "b"), pair("a", "c"), pair("x", "y")]);
    const batch = pairBatcher(index);
    const first = [...batch(Int32Array.of(0, 1)).mask];
    expect([...batch(Int32Array.of(0, 2)).mask]).toEqual([0, 0, 0, 0]);
    expect([...batch(Int32Array.of(0, 1)).mask]).toEqual(first);
  });

  it("never removes an own positive, and removes by the rule", () => {
    const text = fc.constantFrom(..."abcdefghij");
    const row = fc.tuple(
      text,
      text,
      fc.array(text, { maxLength: 3 }),
      fc.option(fc.constantFrom("g", "h"), { nil: undefined }),
    );
    fc.assert(
      fc.property(fc.array(row, { minLength: 1, maxLength: 8 }), (data) => {
        const rows = data.map(([a, p, n, g]) => pair(a, p, n, g));
        const index = indexPairs(rows);
        const {
          mask,
          candidates,
          negativesPerRow: K,
        } = pairBatcher(index)(Int32Array.from(rows.keys()));
        const [B, N] = [rows.length, candidates.length];
        for (let i = 0; i < B; i++) {
          const family = rows.filter((_, j) => index.components[j] === index.components[i]);
          const texts = new Set(family.flatMap((r) => [r.anchor, r.positive]));
          const row = rows[i];
          for (let j = 0; j < N; j++) {
            const owner = j < B ? j : Math.floor((j - B) / K);
            const candidate = index.texts[candidates[j]];
            const missing = j >= B && (j - B) % K >= rows[owner].negatives.length;
            const wrong =
              owner === i
                ? j >= B && (candidate === row.anchor || candidate === row.positive)
                : texts.has(candidate);
            expect(mask[i * N + j]).toBe(missing || wrong ? 1 : 0);
          }
        }
      }),
    );
  });
});

describe("noise", () => {
  const rows = [
    pair("a", "b", ["n"]),
    pair("c", "b", ["n"]),
    pair("d", "e", ["n"]),
    pair("b", "f", []),
  ];
  const index = indexPairs(rows);

  it("q counts texts among candidates", () => {
    const q = Object.fromEntries(
      index.texts.map((text, i) => [text, Math.exp(logNoise(index)[i])]),
    );
    expect(q.a).toBe(0);
    expect(q.b).toBeCloseTo(2 / 7, 6);
    expect(q.n).toBeCloseTo(3 / 7, 6);
    expect(q.f).toBeCloseTo(1 / 7, 6);
    const batch = pairBatcher(index)(Int32Array.of(2, 1));
    expect(
      Array.from(batchNoise(batch, logNoise(index)), Math.exp).map((v) => Math.round(v * 7)),
    ).toEqual([1, 2, 3, 3]);
  });

  it("weights count texts in any role, to the power", () => {
    const weights = Object.fromEntries(
      index.texts.map((text, i) => [text, noiseWeights(index)[i]]),
    );
    expect(weights.b).toBeCloseTo(3 ** 0.75, 12);
    expect(weights.a).toBe(1);
  });

  it("draws each allowed candidate at most once, never the own positive or a masked one", () => {
    const text = fc.constantFrom(..."abcdefghijklmnop");
    const row = fc.tuple(text, text, fc.array(text, { maxLength: 2 }));
    fc.assert(
      fc.property(
        fc.array(row, { minLength: 2, maxLength: 10 }),
        fc.integer({ min: 1, max: 30 }),
        fc.nat(),
        (data, count, seed) => {
          const pairs = indexPairs(data.map(([a, p, n]) => pair(a, p, n)));
          const batch = pairBatcher(pairs)(Int32Array.from(data.keys()));
          const drawn = drawNoise(batch, {
            weights: noiseWeights(pairs),
            count,
            random: createRandom(seed),
          });
          const [B, N] = [data.length, batch.candidates.length];
          const k = Math.min(count, N - 1);
          expect(drawn).toHaveLength(B * k);
          for (let i = 0; i < B; i++) {
            const own = Array.from(drawn.subarray(i * k, (i + 1) * k), Number);
            const taken = own.filter((j) => j >= 0);
            const allowed = Array.from({ length: N }, (_, j) => j).filter(
              (j) => j !== i && batch.mask[i * N + j] === 0,
            );
            expect(taken).toHaveLength(Math.min(k, allowed.length));
            expect(new Set(taken).size).toBe(taken.length);
            expect(taken.every((j) => allowed.includes(j))).toBe(true);
          }
        },
      ),
    );
  });

  it("draws in proportion to the weights", () => {
    const data = [pair("a", "p0"), pair("b", "p1"), pair("c", "p2"), pair("d", "p3")];
    const plain = indexPairs(data);
    const batch = pairBatcher(plain)(Int32Array.of(0, 1, 2, 3));
    const weights = Float64Array.from(plain.texts, (text) => ({ p1: 1, p2: 2, p3: 5 })[text] ?? 1);
    const random = createRandom(7);
    const counts = [0, 0, 0, 0];
    for (let i = 0; i < 8000; i++) {
      const j = Number(drawNoise(batch, { weights, count: 1, random })[0]);
      counts[j] = counts[j] + 1;
    }
    expect(counts[0]).toBe(0);
    [1000, 2000, 5000].forEach((expected, i) => {
      expect(Math.abs(counts[i + 1] - expected)).toBeLessThan(200);
    });
  });

  it("refuses to draw where there is nothing", () => {
    const alone = indexPairs([pair("a", "b")]);
    const batch = pairBatcher(alone)(Int32Array.of(0));
    const options = { weights: noiseWeights(alone), count: 5, random: createRandom(1) };
    expect(() => drawNoise(batch, options)).toThrow(UserError);
  });
});
