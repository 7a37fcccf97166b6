import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import {
  prefixVectors,
  rangesOf,
  storedRow,
  storeVectors,
} from "../../src/embeddings/vector-type.js";
import type { Matrix } from "../../src/math/tensor.js";

interface Golden {
  vectors: number[][];
  calibration: number[][];
  int8: number[][];
  int8_calibrated: number[][];
  binary: number[][];
  float16_bits: number[][];
}

/** Written by bench/python/quantize_golden.py with sentence-transformers. */
const golden = JSON.parse(readFileSync("test/fixtures/quantized.json", "utf8")) as Golden;

const matrix = (rows: readonly (readonly number[])[]): Matrix => ({
  rows: rows.length,
  cols: rows[0].length,
  data: Float32Array.from(rows.flat()),
});
const vectors = matrix(golden.vectors);

describe("storeVectors, against sentence-transformers' quantize_embeddings", () => {
  it("spreads int8 over the ranges of the data", async () => {
    const ranges = await rangesOf([vectors], vectors.cols);
    const { data, cols } = storeVectors(vectors, "int8", ranges);
    expect(cols).toBe(vectors.cols);
    expect([...data]).toEqual(golden.int8.flat());
  });

  it("spreads int8 over the ranges of other data and cuts what is outside", async () => {
    const ranges = await rangesOf([matrix(golden.calibration)], vectors.cols);
    expect([...storeVectors(vectors, "int8", ranges).data]).toEqual(golden.int8_calibrated.flat());
  });

  it("packs signs into bytes, less 128; 19 dimensions are 3 bytes", () => {
    const { data, cols } = storeVectors(vectors, "binary");
    expect(cols).toBe(3);
    expect([...data]).toEqual(golden.binary.flat());
  });

  it("rounds to the nearest half", () => {
    const stored = storeVectors(vectors, "float16");
    expect([...stored.data]).toEqual(golden.float16_bits.flat());
    expect(storedRow(stored, 2)[0]).toBeCloseTo(golden.vectors[2][0], 3);
  });
});

describe("prefixVectors", () => {
  it("keeps the first numbers at length 1", () => {
    const cut = prefixVectors(
      matrix([
        [3, 4, 12],
        [0, 0, 1],
      ]),
      2,
    );
    expect([...cut.data.slice(0, 2)]).toEqual([Math.fround(0.6), Math.fround(0.8)]);
    expect([...cut.data.slice(2)]).toEqual([0, 0]);
  });
});
