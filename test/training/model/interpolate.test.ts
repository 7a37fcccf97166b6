import { describe, expect, it } from "vitest";
import { mergeLowRank } from "../../../src/graph/rewrites/low-rank.js";
import { float32, type Tensor } from "../../../src/math/tensor.js";
import { interpolate, interpolated } from "../../../src/training/model/interpolate.js";

const of = (entries: Readonly<Record<string, readonly number[]>>): Map<string, Tensor> =>
  new Map(
    Object.entries(entries).map(([name, x]) => [name, float32([x.length], Float32Array.from(x))]),
  );
const bits = (tensor: Tensor): Uint32Array =>
  new Uint32Array((tensor.data as Float32Array).slice().buffer);

const start = { values: of({ w: [1, -0, 1e-3, 3] }), scaled: new Set(["b"]) };
const end = of({ w: [2, 0.5, 1e8, 3], a: [5, 6], b: [0.1, -4], scale: [7] });

describe("interpolate", () => {
  it("gives start and end to the bit", () => {
    expect(bits(interpolate(start, end, 0).get("w")!)).toEqual(bits(start.values.get("w")!));
    for (const [name, tensor] of interpolate(start, end, 1))
      expect(bits(tensor)).toEqual(bits(end.get(name)!));
  });

  it("makes a tensor when it is asked for, and holds none", () => {
    const asked: string[] = [];
    const values = new Map(start.values);
    values.get = (name) => {
      asked.push(name);
      return start.values.get(name);
    };
    const parts = interpolated({ ...start, values }, end, 0.5)[Symbol.iterator]();
    expect(asked).toEqual([]);
    expect(parts.next().value[0]).toBe("w");
    expect(asked).toEqual(["w"]);
    expect(new Map(interpolated(start, end, 0.5))).toEqual(interpolate(start, end, 0.5));
  });

  it("sums in float64 and rounds once", () => {
    const got = interpolate(start, end, 0.3).get("w")!.data;
    const [from, to] = [start.values.get("w")!.data, end.get("w")!.data];
    const expected = [0, 1, 2, 3].map((i) =>
      Math.fround(0.7 * Number(from[i]) + 0.3 * Number(to[i])),
    );
    // 1 − 0.3 is not 0.7 in float64, but far within a float32.
    expect([...got]).toEqual(expected);
    expect(got[3]).toBe(3);
  });

  it("leaves what is neither a weight nor a second factor as it ended", () => {
    const point = interpolate(start, end, 0.25);
    expect(point.get("scale")).toBe(end.get("scale"));
    expect(point.get("a")).toBe(end.get("a"));
    expect([...point.get("b")!.data]).toEqual(
      [0.1, -4].map((x) => Math.fround(0.25 * Math.fround(x))),
    );
  });

  it("moves a merged weight along W0 + α·s·BA, and not along (A, B)", () => {
    const W = float32([2, 3], Float32Array.of(1, 2, 3, 4, 5, -0));
    const a = float32([1, 2], Float32Array.of(0.5, -2));
    const b = float32([3, 1], Float32Array.of(1, 4, -1));
    const line = { values: new Map<string, Tensor>(), scaled: new Set(["B"]) };
    const merged = (alpha: number) => {
      const point = interpolate(
        line,
        new Map([
          ["A", a],
          ["B", b],
        ]),
        alpha,
      );
      return mergeLowRank(W, { a: point.get("A")!, b: point.get("B")!, scale: 2 });
    };
    const full = merged(1).data;
    const half = merged(0.5).data;
    for (let i = 0; i < 6; i++) expect(half[i]).toBe((Number(W.data[i]) + Number(full[i])) / 2);
    expect(bits(merged(0))).toEqual(bits(W));
  });
});
