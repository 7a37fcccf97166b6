import { describe, expect, it } from "vitest";
import { parameterCount, studentConfig } from "../../src/distillation/student-config.js";
import { layersStart, staticStart } from "../../src/distillation/student-weights.js";
import { backFrom, sifWeights, tokenTable } from "../../src/distillation/token-table.js";
import { architectureParameters } from "../../src/encoder/architectures/registry.js";
import { principalComponents } from "../../src/math/pca.js";
import { createRandom } from "../../src/math/random.js";
import type { Matrix } from "../../src/math/tensor.js";

const sizes = { layers: 2, hidden: 16, heads: 4, intermediate: 32, vocabulary: 20, maxLength: 12 };
const shapes = architectureParameters(studentConfig(sizes), "config.json");
const random = createRandom(1, "test");
const normal = (rows: number, cols: number): Matrix => ({
  rows,
  cols,
  data: Float32Array.from({ length: rows * cols }, () => random.normal()),
});

describe("sifWeights", () => {
  it("are a/(a + p), 1 for what never stands, 0 for special tokens", () => {
    const weights = sifWeights(Float64Array.from([7, 0, 999, 1]), 1);
    const total = 1007;
    expect(weights[0]).toBe(0);
    expect(weights[1]).toBe(1);
    expect(weights[2]).toBeCloseTo(1e-3 / (1e-3 + 999 / total), 6);
    expect(weights[3]).toBeCloseTo(1e-3 / (1e-3 + 1 / total), 6);
  });
});

describe("tokenTable", () => {
  it("has rows of the weights' length, and keeps cosines where nothing is cut", () => {
    const vectors = normal(5, 6);
    const weights = Float32Array.from([0, 1, 0.5, 0.25, 1]);
    const table = tokenTable(vectors, weights, undefined);
    for (let i = 0; i < 5; i++)
      expect(Math.hypot(...table.data.subarray(i * 6, (i + 1) * 6))).toBeCloseTo(weights[i], 5);
  });

  it("is turned to directions, from which a layer leads back", () => {
    const vectors = normal(9, 6);
    const directions = principalComponents(vectors, 6);
    const table = tokenTable(vectors, new Float32Array(9).fill(1), directions);
    const back = backFrom(directions, 8);
    for (let o = 0; o < 6; o++) {
      let sum = 0;
      for (let j = 0; j < 6; j++) sum += back.data[o * 8 + j] * table.data[j];
      const row = vectors.data.subarray(0, 6);
      expect(sum).toBeCloseTo(row[o] / Math.hypot(...row), 5);
      expect(back.data[o * 8 + 7]).toBe(0);
    }
  });
});

describe("staticStart", () => {
  const table = normal(20, 14);
  const weights = staticStart(shapes, table, 42);

  it("has every parameter of a BertModel, and as many numbers as are counted", () => {
    expect([...weights.keys()]).toEqual([...shapes.keys()]);
    for (const [name, { shape }] of weights) expect(shape).toEqual(shapes.get(name));
    const numbers = [...weights.values()].reduce((sum, { data }) => sum + data.length, 0);
    expect(numbers).toBe(parameterCount(shapes));
  });

  it("keeps a token's length through LayerNorm: the carriers are nearly all of the spread", () => {
    const { data } = weights.get("embeddings.word_embeddings.weight")!;
    const lengths = (weight: number): number => {
      const row = Array.from(data.subarray(0, 16), Number);
      const scaled = row.map((x, i) =>
        i < 14 ? (weight * x) / Math.hypot(...row.slice(0, 14)) : x,
      );
      const mean = scaled.reduce((sum, x) => sum + x, 0) / 16;
      const spread = Math.sqrt(scaled.reduce((sum, x) => sum + (x - mean) ** 2, 0) / 16);
      return Math.hypot(...scaled.slice(0, 14).map((x) => (x - mean) / spread));
    };
    expect(lengths(0.2) / lengths(1)).toBeGreaterThan(0.19);
    expect(lengths(0.2) / lengths(1)).toBeLessThan(0.25);
  });

  it("lets the carriers out nowhere: the last norm has a scale of 0 there", () => {
    const last = weights.get("encoder.layer.1.output.LayerNorm.weight")!;
    expect(Array.from(last.data as Float32Array).slice(-3)).toEqual([1, 0, 0]);
    const first = weights.get("encoder.layer.0.output.LayerNorm.weight")!;
    expect(Array.from(first.data as Float32Array).slice(-3)).toEqual([1, 1, 1]);
  });
});

describe("layersStart", () => {
  it("takes the teacher's layers by their numbers, and its tables", () => {
    const teacher = staticStart(
      architectureParameters(studentConfig({ ...sizes, layers: 4 }), "config.json"),
      normal(20, 14),
      7,
    );
    const rows = Array.from({ length: 20 }, (_, j) => 19 - j);
    const weights = layersStart(shapes, teacher, { layers: [1, 3], rows });
    const name = (layer: number) => `encoder.layer.${layer}.intermediate.dense.weight`;
    expect(weights.get(name(0))).toBe(teacher.get(name(1)));
    expect(weights.get(name(1))).toBe(teacher.get(name(3)));
    const table = "embeddings.word_embeddings.weight";
    const [taken, whole] = [weights, teacher].map((of) => of.get(table)!.data as Float32Array);
    for (const [j, row] of rows.entries())
      expect(taken.slice(j * 16, (j + 1) * 16)).toEqual(whole.slice(row * 16, (row + 1) * 16));
  });
});
