import { expect, it } from "vitest";
import { neighborsOf, overlap } from "../../src/evaluation/analysis/neighbors.js";
import { planeOf } from "../../src/evaluation/analysis/plane.js";
import { normalizedRows } from "../../src/evaluation/cosine.js";
import { createRandom } from "../../src/math/random.js";
import type { Matrix } from "../../src/math/tensor.js";
import { umapOf } from "../../src/report/run-page/umap.js";

/** Ten groups about corners of twelve dimensions: no two directions tell all of them apart. */
function groups(): Matrix {
  const random = createRandom(1);
  const [rows, cols] = [120, 12];
  const data = Float32Array.from({ length: rows * cols }, (_, at) => {
    const [i, d] = [Math.floor(at / cols), at % cols];
    return (d === i % 10 ? 1 : 0) + 0.12 * random.normal();
  });
  return normalizedRows({ rows, cols, data });
}

it("UMAP puts texts of a group beside each other, the same at every call, about their mean", async () => {
  const unit = groups();
  const plane = planeOf(unit);
  const placed = await umapOf(unit, plane);
  const samePart = (places: { x: Float64Array; y: Float64Array }): number => {
    let same = 0;
    for (let i = 0; i < unit.rows; i++) {
      const distance = (j: number) =>
        Math.hypot(places.x[i] - places.x[j], places.y[i] - places.y[j]);
      const others = [...places.x.keys()].filter((j) => j !== i);
      const nearest = others.sort((a, b) => distance(a) - distance(b)).slice(0, 10);
      same += nearest.filter((j) => j % 10 === i % 10).length / 10 / unit.rows;
    }
    return same;
  };
  expect(samePart(plane)).toBeLessThan(0.9);
  expect(samePart(placed)).toBeGreaterThan(0.97);
  expect(await umapOf(unit, plane)).toEqual(placed);
  for (const values of [placed.x, placed.y])
    expect(Math.abs(values.reduce((a, b) => a + b, 0))).toBeLessThan(1e-6);
});

it("more neighbours than the usual ten can be asked for", async () => {
  const unit = groups();
  const [ten, twenty] = [await neighborsOf(unit), await neighborsOf(unit, 20)];
  expect(twenty[0]).toHaveLength(20);
  expect(
    overlap(
      ten,
      twenty.map((list) => list.subarray(0, 10)),
    ),
  ).toBe(1);
});
