import { describe, expect, it } from "vitest";
import { minimize, type Objective } from "../../src/evaluation/lbfgs.js";

/** ½ Σ i²·(x_i − i)²: curvatures 1 … n². */
const quadratic: Objective = async (x) => ({
  value: x.reduce((sum, v, i) => sum + 0.5 * (i + 1) ** 2 * (v - i) ** 2, 0),
  gradient: x.map((v, i) => (i + 1) ** 2 * (v - i)),
});

/** Σ log cosh(10·(x_i − 1)): nearly linear far away, so the unit step is often wrong. */
const logCosh: Objective = async (x) => ({
  value: x.reduce((sum, v) => sum + Math.log(Math.cosh(10 * (v - 1))), 0),
  gradient: x.map((v) => 10 * Math.tanh(10 * (v - 1))),
});

describe("minimize", () => {
  it("finds the minimum of an ill-conditioned quadratic", async () => {
    const found = await minimize(quadratic, new Float64Array(20), { tolerance: 1e-10 });
    expect(found.converged).toBe(true);
    found.x.forEach((value, i) => {
      expect(value).toBeCloseTo(i, 9);
    });
    expect(found.value).toBeCloseTo(0, 12);
  });

  it("searches along the line where the first step overshoots or falls short", async () => {
    for (const start of [-20, 0.2, 1.4, 30]) {
      const found = await minimize(logCosh, Float64Array.of(start, -start), { tolerance: 1e-6 });
      expect(found.converged).toBe(true);
      expect(found.x[0]).toBeCloseTo(1, 7);
      expect(found.x[1]).toBeCloseTo(1, 7);
    }
  });

  it("stays at a minimum, and says when the iterations ran out", async () => {
    const there = Float64Array.from({ length: 5 }, (_, i) => i);
    const stayed = await minimize(quadratic, there);
    expect(stayed).toMatchObject({ iterations: 0, converged: true });
    const short = await minimize(quadratic, new Float64Array(20), { maxIterations: 3 });
    expect(short).toMatchObject({ iterations: 3, converged: false });
  });

  it("ends where no step lowers the value", async () => {
    const wrong: Objective = async (x) => ({ value: x[0], gradient: Float64Array.of(-1) });
    expect(await minimize(wrong, Float64Array.of(2))).toMatchObject({
      iterations: 0,
      converged: false,
    });
  });
});
