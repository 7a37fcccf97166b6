import { existsSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { TokenTable } from "../../../src/training/batches/token-table.js";
import {
  CACHE_LIMITS,
  cachePlace,
  openActivationCache,
} from "../../../src/training/update/activation-cache.js";

/** Two texts of 2 and 3 tokens; `total` decides where the cache is. */
const table = (total: number): TokenTable => ({
  count: 2,
  total,
  startOf: (number) => [0, 2][number],
  skippedOf: () => 0,
  idsOf: (number) => new Int32Array([2, 3][number]),
});

describe("the cache of frozen layers' output", () => {
  it("is in memory, in a file or nowhere, by its size", () => {
    const { memory, file } = CACHE_LIMITS;
    expect([memory, memory + 1, file, file + 1].map(cachePlace)).toEqual([
      "memory",
      "file",
      "file",
      "none",
    ]);
  });

  it.each([
    ["memory", 5],
    ["file", CACHE_LIMITS.memory],
  ] as const)("keeps the vectors of each text in %s", (place, total) => {
    const folder = mkdtempSync(join(tmpdir(), "activations "));
    const cache = openActivationCache(table(total), 2, folder);
    expect(cache.place).toBe(place);
    const [first, second] = [Float32Array.of(1, 2, 3, 4), Float32Array.of(5, 6, 7, 8, 9, 10)];
    expect(cache.get(1)).toBeUndefined();
    cache.put(1, second);
    cache.put(0, first);
    expect(cache.get(0)).toEqual(first);
    expect(cache.get(1)).toEqual(second);
    cache.close();
    expect(existsSync(join(folder, "activations.f32"))).toBe(false);
  });
});
