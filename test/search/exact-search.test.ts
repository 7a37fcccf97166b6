import { existsSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createRandom } from "../../src/math/random.js";
import type { Matrix } from "../../src/math/tensor.js";
import { openSearchState } from "../../src/mining/search-state.js";
import { openRuntime, type Runtime } from "../../src/runtime/runtime.js";
import { searchExact } from "../../src/search/exact-search.js";
import { createTopList, offer, type TopList } from "../../src/search/top-list.js";
import { temporaryFolder } from "../dataset/temporary-files.js";

let runtime: Runtime;
beforeAll(async () => {
  runtime = await openRuntime({ threads: 1 });
});
afterAll(() => runtime.close());

/** Small whole numbers: products are exact, and there are ties. */
function matrix(rows: number, cols: number, seed: number): Matrix {
  const random = createRandom(seed, "search");
  const data = Float32Array.from({ length: rows * cols }, () => random.below(7) - 3);
  return { rows, cols, data };
}

function byHand(queries: Matrix, documents: Matrix, k: number): TopList {
  const list = createTopList(queries.rows, k);
  for (let i = 0; i < queries.rows; i++) {
    for (let j = 0; j < documents.rows; j++) {
      let sum = 0;
      for (let d = 0; d < queries.cols; d++)
        sum += queries.data[i * queries.cols + d] * documents.data[j * queries.cols + d];
      offer(list, i, j, sum);
    }
  }
  return list;
}

describe("searchExact", () => {
  it.each([
    ["few documents", 5, 9, 4],
    ["more wanted than there are", 3, 4, 4],
    ["documents in groups, some left over", 7, 32 * 40 + 13, 5],
    ["more than one block of queries", 520, 400, 3],
    ["more than one block of documents", 4, 33_500, 6],
  ])("finds the best of %s", async (_, n, N, k) => {
    const [queries, documents] = [matrix(n, 8, 1), matrix(N, 8, 2)];
    const found = await searchExact({ runtime, queries, documents, k });
    const expected = byHand(queries, documents, k);
    expect(found.scores).toEqual(expected.scores);
    // Of equal scores at the end any may be taken; each must have the score that it is given.
    for (let at = 0; at < n * k; at++) {
      const [i, j] = [Math.floor(at / k), found.documents[at]];
      const one = { rows: 1, cols: 8, data: queries.data.subarray(i * 8, i * 8 + 8) };
      const other = { rows: 1, cols: 8, data: documents.data.subarray(j * 8, j * 8 + 8) };
      expect(byHand(one, other, 1).scores[0]).toBe(found.scores[at]);
    }
    for (let i = 0; i < n; i++)
      expect(new Set(found.documents.subarray(i * k, (i + 1) * k)).size).toBe(k);
  });

  it("finds what later blocks hold above the thresholds that earlier ones set", async () => {
    const random = createRandom(9, "spread");
    const [rows, cols, k] = [70_000, 4, 20];
    // Products of whole numbers are exact; few are equal. A single query: another one's wants would hide what is left out.
    const whole = () => random.below(401) - 200;
    const documents = { rows, cols, data: Float32Array.from({ length: rows * cols }, whole) };
    const queries = { rows: 1, cols, data: Float32Array.from({ length: cols }, whole) };
    const found = await searchExact({ runtime, queries, documents, k });
    expect(found.scores).toEqual(byHand(queries, documents, k).scores);
    const blocks = new Set(found.documents.map((document) => Math.floor(document / 23_344)));
    expect(blocks.size).toBeGreaterThan(1);
  });

  it("goes on where it was interrupted", async () => {
    const [queries, documents] = [matrix(6, 8, 3), matrix(40_000, 8, 4)];
    const whole = await searchExact({ runtime, queries, documents, k: 4 });
    const state = openSearchState(temporaryFolder(), { key: ["x"], queries: 6, k: 4 });
    const stop = new Error("stop");
    const interrupted = searchExact({
      runtime,
      queries,
      documents,
      k: 4,
      onBlock: async (list, done, blocks) => {
        await state.write(list, done, blocks);
        throw stop;
      },
    });
    await expect(interrupted).rejects.toBe(stop);
    const start = state.read();
    expect(start?.done).toBe(1);
    let later = 0;
    const resumed = await searchExact({
      runtime,
      queries,
      documents,
      k: 4,
      start: start!,
      onBlock: (_, done) => {
        later = done;
      },
    });
    expect(later).toBe(2);
    expect(resumed).toEqual(whole);
  });

  it("keeps no state of a finished or of another search", async () => {
    const folder = join(temporaryFolder(), "cache");
    const state = openSearchState(folder, { key: ["x"], queries: 2, k: 3 });
    const list = createTopList(2, 3);
    await state.write(list, 1, 2);
    expect(state.read()).toEqual({ list, done: 1 });
    expect(openSearchState(folder, { key: ["y"], queries: 2, k: 3 }).read()).toBeUndefined();
    const [name] = readdirSync(folder);
    writeFileSync(join(folder, name), "cut short");
    expect(state.read()).toBeUndefined();
    await state.write(list, 2, 2);
    expect(existsSync(join(folder, name))).toBe(false);
  });

  it("stops when it is told to", async () => {
    const [queries, documents] = [matrix(600, 8, 3), matrix(2000, 8, 4)];
    const signal = AbortSignal.abort();
    await expect(searchExact({ runtime, queries, documents, k: 2, signal })).rejects.toThrow(
      "interrupted",
    );
  });
});
