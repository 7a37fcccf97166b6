import { describe, expect, it } from "vitest";
import { planeOf, turnedTo } from "../../../src/evaluation/analysis/plane.js";
import { createRandom } from "../../../src/math/random.js";
import type { Matrix } from "../../../src/math/tensor.js";

/** Points whose variance lies in the first two of five directions: 9 and 4, and next to none in the others. */
function flat(rows: number): Matrix {
  const random = createRandom(7);
  const scales = [3, 2, 0.01, 0.01, 0.01];
  const data = Float32Array.from({ length: 5 * rows }, (_, i) => scales[i % 5] * random.normal());
  return { rows, cols: 5, data };
}

describe("planeOf", () => {
  it("finds the directions of greatest variance and their shares", () => {
    const points = flat(400);
    const { x, y, shares } = planeOf(points);
    expect(shares[0] + shares[1]).toBeGreaterThan(0.999);
    expect(shares[0] / shares[1]).toBeCloseTo(9 / 4, 0);
    // Distances in the plane are those of the points.
    const { data } = points;
    const far = Math.hypot(data[0] - data[5], data[1] - data[6]);
    expect(Math.hypot(x[0] - x[1], y[0] - y[1])).toBeCloseTo(far, 1);
  });

  it("does not depend on where the points lie", () => {
    const points = flat(50);
    const moved = { ...points, data: points.data.map((value) => value + 10) };
    expect(planeOf(moved).x[3]).toBeCloseTo(planeOf(points).x[3], 3);
  });
});

describe("turnedTo", () => {
  const first = planeOf(flat(60));
  const turned = (angle: number, flip: number) => ({
    ...first,
    x: first.x.map((x, i) => Math.cos(angle) * x - Math.sin(angle) * flip * first.y[i]),
    y: first.x.map((x, i) => Math.sin(angle) * x + Math.cos(angle) * flip * first.y[i]),
  });

  it.each([
    [0.7, 1],
    [3, 1],
    [-1.2, -1],
    [2.5, -1],
  ])("takes back a turn by %f, mirrored %i", (angle, flip) => {
    const back = turnedTo(first, turned(angle, flip));
    for (let i = 0; i < 60; i++) {
      expect(back.x[i]).toBeCloseTo(first.x[i], 9);
      expect(back.y[i]).toBeCloseTo(first.y[i], 9);
    }
  });
});
