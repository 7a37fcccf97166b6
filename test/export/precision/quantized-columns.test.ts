import { describe, expect, it } from "vitest";
import { quantizedColumns } from "../../../src/export/precision/quantized-columns.js";
import { createRandom } from "../../../src/math/random.js";
import { float32, type Tensor } from "../../../src/math/tensor.js";

const random = createRandom(3);
const [K, N] = [97, 6];
const matrix = (value: (k: number, n: number) => number): Tensor =>
  float32(
    [K, N],
    Array.from({ length: K * N }, (_, i) => value(Math.floor(i / N), i % N)),
  );
const weight = matrix(() => random.normal());
const zeros = new Float32Array(K);

const numbers = (tensor: Tensor): number[] => [...(tensor.data as Int8Array)].map(Number);

/** The kernels of processors without VNNI: products of two neighbouring rows are added in 16 bits, which saturate. */
function saturatingProduct(u: readonly number[], q: readonly number[], n: number): number {
  let sum = 0;
  for (let k = 0; k < K; k += 2) {
    const pair = u[k] * q[k * N + n] + (k + 1 < K ? u[k + 1] * q[(k + 1) * N + n] : 0);
    sum += Math.max(-32_768, Math.min(32_767, pair));
  }
  return sum;
}

const exactProduct = (u: readonly number[], q: readonly number[], n: number): number =>
  u.reduce((sum, x, k) => sum + x * q[k * N + n], 0);

describe("quantizedColumns", () => {
  it.each([
    ["random weights", weight],
    ["all weights alike, the worst of cases", matrix(() => 1)],
    ["negative ones", matrix((k) => (k % 3 === 0 ? -2 : -1.9))],
  ])("is exact where pairs of products saturate at 16 bits: %s", (_, given) => {
    const q = numbers(quantizedColumns(given, zeros).matrix);
    for (const u of [Array(K).fill(255), Array.from({ length: K }, (__, k) => (k * 37) % 256)])
      for (let n = 0; n < N; n++) expect(saturatingProduct(u, q, n)).toBe(exactProduct(u, q, n));
  });

  it("errs less than weights of 7 bits, whose pairs are safe too", () => {
    const { matrix: q, scale } = quantizedColumns(weight, zeros);
    const steps = [...(scale.data as Float32Array)];
    const w = weight.data as Float32Array;
    const error = (value: (i: number) => number): number =>
      w.reduce((sum, x, i) => sum + (x - value(i)) ** 2, 0);
    const most = steps.map((_, n) => Math.max(...w.filter((__, i) => i % N === n).map(Math.abs)));
    const seven = error((i) => (Math.round((w[i] / most[i % N]) * 63) * most[i % N]) / 63);
    expect(error((i) => numbers(q)[i] * steps[i % N])).toBeLessThan(0.7 * seven);
  });

  it("rounds so that the mean input's product stays", () => {
    const means = Float32Array.from({ length: K }, () => 0.5 + random.uniform());
    const shift = (given: Float32Array): number => {
      const { matrix: q, scale } = quantizedColumns(weight, given);
      const steps = scale.data as Float32Array;
      const errors = steps.map(
        (step, n) =>
          Math.abs(
            means.reduce((sum, m, k) => {
              const i = k * N + n;
              return sum + m * ((weight.data as Float32Array)[i] - step * numbers(q)[i]);
            }, 0),
          ) / step,
      );
      return Math.max(...errors);
    };
    expect(shift(means)).toBeLessThan(0.75);
    expect(shift(zeros)).toBeGreaterThan(1.5);
  });

  it("takes a column of zeros", () => {
    const { matrix: q, scale } = quantizedColumns(
      matrix((_, n) => (n === 2 ? 0 : 1)),
      zeros,
    );
    expect((scale.data as Float32Array)[2]).toBe(0);
    expect(numbers(q).filter((_, i) => i % N === 2)).toEqual(Array(K).fill(0));
  });
});
