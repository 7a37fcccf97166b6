import { describe, expect, it } from "vitest";
import { CONSTANT_OPERATORS, RULES } from "../../src/autodiff/rules.js";
import { OPERATORS } from "../../src/graph/inference.js";
import { compareWithDifferences } from "../support/gradient-check.js";
import { RULE_CASES } from "./rule-cases.js";

/** Operators without float64 kernels, checked in activations.test.ts. */
const FLOAT32_ONLY = ["Erf", "Gelu", "Softplus"];

/** Operators whose rule only refuses, checked in value-and-grad.test.ts. */
const REFUSING = ["OneHot"];

describe("the table of gradient rules", () => {
  it("covers every operator of a graph once: by a rule or as a constant", () => {
    const covered = [...Object.keys(RULES), ...CONSTANT_OPERATORS];
    expect(covered.sort()).toEqual([...OPERATORS].sort());
  });

  it("has a checked row for every rule", () => {
    const checked = new Set([...RULE_CASES.map((row) => row.op), ...FLOAT32_ONLY, ...REFUSING]);
    expect([...checked].sort()).toEqual(Object.keys(RULES).sort());
  });
});

describe("gradients equal central differences in float64", () => {
  it.each(RULE_CASES)("$op $variant", async (row) => {
    for (const { gradient, differences } of await compareWithDifferences(row, row.step ?? 1e-5)) {
      expect(gradient.length).toBe(differences.length);
      for (const [i, expected] of differences.entries()) {
        const tolerance = 1e-6 * Math.max(1, Math.abs(expected));
        expect(
          Math.abs(gradient[i] - expected),
          `element ${i}: ${gradient[i]} for ${expected}`,
        ).toBeLessThanOrEqual(tolerance);
      }
    }
  });
});
