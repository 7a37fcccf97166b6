import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Matrix } from "../../src/math/tensor.js";
import { openRuntime, type Runtime } from "../../src/runtime/runtime.js";
import { disagreements } from "../../src/search/label-votes.js";
import { nearGroups, nearPairs } from "../../src/search/near-duplicates.js";
import { searchNeighbours } from "../../src/search/neighbours.js";

/** Unit vectors in the plane by their angles in degrees. */
function atAngles(degrees: readonly number[]): Matrix {
  const data = degrees.flatMap((angle) => [
    Math.cos((angle * Math.PI) / 180),
    Math.sin((angle * Math.PI) / 180),
  ]);
  return { rows: degrees.length, cols: 2, data: Float32Array.from(data) };
}

let runtime: Runtime;
beforeAll(async () => {
  runtime = await openRuntime({ threads: 1 });
});
afterAll(() => runtime.close());

describe("neighbours", () => {
  it("are the nearest others, never the row itself, also among equal rows", async () => {
    const { k, documents } = await searchNeighbours(atAngles([0, 0, 0, 90]), { runtime, k: 2 });
    expect(k).toBe(2);
    expect([...documents.subarray(0, 6)]).toEqual([1, 2, 0, 2, 0, 1]);
    expect([...documents.subarray(6)]).not.toContain(3);
  });

  it("of a single row, and of no row, are none", async () => {
    for (const angles of [[10], []]) {
      const { k, documents } = await searchNeighbours(atAngles(angles), { runtime, k: 3 });
      expect([k, documents.length]).toEqual([0, 0]);
    }
  });

  it("give each pair once, the nearest first", async () => {
    const found = await searchNeighbours(atAngles([0, 50, 51, 53]), { runtime, k: 2 });
    const pairs = nearPairs(found).map(({ first, second }) => [first, second]);
    expect(pairs.slice(0, 3)).toEqual([
      [1, 2],
      [2, 3],
      [1, 3],
    ]);
  });

  it("give groups that are connected, however many neighbours were looked for", async () => {
    // Six at one place, one bridge to another: with one neighbour each the bridge shows from one side alone.
    const unit = atAngles([0, 0, 0, 0, 0, 0, 8, 120, 121]);
    const threshold = Math.cos((10 * Math.PI) / 180);
    const found = await searchNeighbours(unit, { runtime, k: 1 });
    const groups = await nearGroups(unit, found, threshold);
    expect(groups.map(({ members }) => members)).toEqual([
      [0, 1, 2, 3, 4, 5, 6],
      [7, 8],
    ]);
    expect(groups[0].least).toBeCloseTo(Math.cos((8 * Math.PI) / 180), 6);
    expect(await nearGroups(unit, found, 1.01)).toEqual([]);
  });

  it("outvote a label that most of them do not have", async () => {
    const unit = atAngles([0, 1, 2, 3, 90, 91, 92]);
    const found = await searchNeighbours(unit, { runtime, k: 3 });
    const labels = ["a", "a", "b", "a", "c", "c", "c"];
    expect(disagreements(found, labels, 2)).toEqual([
      {
        text: 2,
        label: "b",
        others: "a",
        share: 1,
        nearest: expect.any(Number),
        score: expect.closeTo(Math.cos(Math.PI / 180), 5),
      },
    ]);
    expect(disagreements(found, ["a", "b", "a", "b", "c", "c", "c"], 2)).toHaveLength(2);
  });
});
