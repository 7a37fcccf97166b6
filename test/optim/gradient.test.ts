import { describe, expect, it } from "vitest";
import { addRows, clearRows, gradientNorm } from "../../src/optim/gradient.js";
import { allocateParameters, type ParameterMemory } from "../../src/optim/parameter-memory.js";

function table(height: number, width: number, sparse = true): ParameterMemory {
  const data = new Float32Array(height * width);
  const spec = { name: "table", shape: [height, width], data, decay: true, learningRateScale: 1 };
  return allocateParameters([{ ...spec, sparse }]);
}

/** Values that are exact in float32 and whose sums are too. */
function rowsOf(count: number, width: number): Float32Array {
  return Float32Array.from({ length: count * width }, (_, i) => ((i * 7) % 31) - 15);
}

describe("addRows", () => {
  for (const [height, width, count] of [
    [6, 5, 40],
    [50, 384, 1500],
    [3, 1, 2],
    [2, 300_000, 3],
  ] as const) {
    it(`adds ${count} rows of ${width} to a table of ${height}`, () => {
      const memory = table(height, width);
      const block = memory.blocks[0];
      const rows = rowsOf(count, width);
      const indices = BigInt64Array.from({ length: count }, (_, r) => BigInt((r * r) % height));
      const want = new Float32Array(height * width);
      indices.forEach((index, r) => {
        for (let j = 0; j < width; j++) want[Number(index) * width + j] += rows[r * width + j];
      });
      const touched = addRows(memory, block, { indices, rows });
      expect(Buffer.from(block.gradient.slice().buffer).equals(Buffer.from(want.buffer))).toBe(
        true,
      );
      expect(touched).toEqual([...new Set([...indices].map(Number))]);
      const norm = gradientNorm(memory, new Map([["table", touched]]));
      expect(norm).toBe(Math.sqrt(want.reduce((sum, x) => sum + x * x, 0)));
      clearRows(block, touched);
      expect(block.gradient.every((x) => x === 0)).toBe(true);
    });
  }

  it("counts negative indices from the end, as Gather does", () => {
    const memory = table(4, 2);
    const indices = Int32Array.from([-1, 3]);
    const touched = addRows(memory, memory.blocks[0], {
      indices,
      rows: Float32Array.of(1, 2, 3, 4),
    });
    expect(touched).toEqual([3]);
    expect([...memory.blocks[0].gradient]).toEqual([0, 0, 0, 0, 0, 0, 4, 6]);
  });

  it("refuses an index outside the table and rows of another width", () => {
    const memory = table(4, 2);
    const [block] = memory.blocks;
    const rows = Float32Array.of(1, 2);
    expect(() => addRows(memory, block, { indices: Int32Array.of(4), rows })).toThrow(
      'index 4 is outside the 4 rows of "table"',
    );
    expect(() => addRows(memory, block, { indices: Int32Array.of(1, 2), rows })).toThrow(
      "has 2 indices, so 4 values were expected, got 2",
    );
  });
});

describe("gradientNorm", () => {
  it("sums squares in float64 for every length", () => {
    for (const n of [1, 2, 3, 7, 8, 9, 31, 1000]) {
      const memory = table(n, 1, false);
      const { gradient } = memory.blocks[0];
      gradient.set(
        Float32Array.from({ length: n }, (_, i) => Math.sin(i + 1) * 10 ** ((i % 5) - 2)),
      );
      const want = Math.sqrt([...gradient].reduce((sum, x) => sum + x * x, 0));
      expect(gradientNorm(memory, new Map())).toBeCloseTo(want, 10);
    }
  });

  it("does not overflow where float32 squares would, and shows what is not finite", () => {
    const memory = table(9, 1, false);
    const { gradient } = memory.blocks[0];
    gradient.fill(1e30);
    expect(gradientNorm(memory, new Map()) / 3e30).toBeCloseTo(1, 6);
    for (const [i, bad] of [
      [0, Number.NaN],
      [8, Number.POSITIVE_INFINITY],
    ] as const) {
      gradient.fill(1);
      gradient[i] = bad;
      expect(Number.isFinite(gradientNorm(memory, new Map()))).toBe(false);
    }
  });
});

describe("allocateParameters", () => {
  it("refuses more than one WebAssembly memory holds, and says what to do", () => {
    // One array serves all specs, so that the test itself needs little memory.
    const data = new Float32Array(4_000_000);
    const specs = Array.from({ length: 70 }, (_, i) => ({
      name: `weight.${i}`,
      shape: [2000, 2000],
      data,
      decay: true,
      learningRateScale: 1,
      sparse: false,
    }));
    expect(() => allocateParameters(specs)).toThrow(
      expect.objectContaining({
        code: "out-of-memory",
        message: expect.stringMatching(/need 4\.2 GB .* one WebAssembly memory holds 4\.0 GB/),
        hint: expect.stringContaining("--tune lora"),
      }),
    );
  });

  it("refuses data that does not fill the shape, naming the parameter", () => {
    const spec = { name: "w", shape: [2, 2], data: new Float32Array(3), decay: true };
    expect(() => allocateParameters([{ ...spec, learningRateScale: 1, sparse: false }])).toThrow(
      'parameter "w" of shape [2,2] got 3 values, expected 4',
    );
  });
});
