import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  addDims,
  broadcastShapes,
  divDims,
  evaluateDim,
  mulDims,
  productOf,
  subDims,
} from "../../src/graph/dimension.js";
import type { Dim, Shape } from "../../src/graph/ir.js";

const SIZES = { B: 7, T: 11, K: 3 };

describe("symbolic dimensions", () => {
  it.each<[Dim | undefined, Dim | undefined]>([
    [addDims("B", 1), "B+1"],
    [subDims(addDims("B", 1), 1), "B"],
    [subDims("T", "T"), 0],
    [subDims(0, "B"), "0-B"],
    [addDims(subDims(0, "B"), "B"), 0],
    [mulDims("T", "B"), "B*T"],
    [mulDims(addDims("B", 2), "T"), "B*T+2*T"],
    [divDims("B*T", "T"), "B"],
    [divDims("2*B*T", 2), "B*T"],
    [divDims("B", 2), undefined],
    [divDims("B", "T"), undefined],
    [divDims("B*T+2*T", "T"), "B+2"],
    [productOf([]), 1],
    [productOf(["T", 2, "B", 3]), "6*B*T"],
    [mulDims("batch size", 2), "2*batch size"],
    [evaluateDim("2*B*T-1", SIZES), 153],
    [evaluateDim("2*N", SIZES), undefined],
  ])("%s is %s", (actual, expected) => expect(actual).toBe(expected));

  it("calculate as numbers do, whatever the order", () => {
    const dims = fc.array(fc.constantFrom<Dim>("B", "T", "K", 2, 5), {
      minLength: 1,
      maxLength: 5,
    });
    fc.assert(
      fc.property(dims, dims, (xs, ys) => {
        const sum = ys.reduce(addDims);
        const product = mulDims(productOf(xs), sum);
        const size = (dim: Dim): number => evaluateDim(dim, SIZES)!;
        const numbers =
          xs.reduce<number>((p, x) => p * size(x), 1) * ys.reduce<number>((s, y) => s + size(y), 0);
        expect(evaluateDim(product, SIZES)).toBe(numbers);
        expect(productOf(xs.toReversed())).toBe(productOf(xs));
        expect(divDims(product, productOf(xs))).toBe(sum);
      }),
    );
  });

  it.each<[Shape, Shape, Shape | undefined]>([
    [
      ["B", 1, 4],
      ["T", 1],
      ["B", "T", 4],
    ],
    [[], ["B"], ["B"]],
    [["B"], [8], [8]],
    [["?x.0"], ["B"], ["B"]],
    [[3], [4], undefined],
  ])("%s meets %s", (a, b, expected) => expect(broadcastShapes(a, b)).toEqual(expected));
});
