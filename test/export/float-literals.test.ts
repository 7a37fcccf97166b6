import { describe, expect, it } from "vitest";
import { keepFloats } from "../../src/export/float-literals.js";

describe("keepFloats", () => {
  const source = '{"a": 2.0, "b":2, "c": {"factor": 8.00}, "e": 1e3, "t": "x: 2.0", "d": 0.5}';
  const written = (value: object) => keepFloats(JSON.stringify(value, null, 2), source);

  it("writes whole numbers as floats where the source has floats", () => {
    const value = { a: 2, b: 2, c: { factor: 8 }, e: 1000, t: "x: 2.0", d: 0.5, new: 2 };
    const text = written(value);
    expect(JSON.parse(text)).toEqual(value);
    expect(text.match(/[\w.]+(?=,?\n)/g)).toEqual(["2.0", "2", "8.00", "1e3", "0.5", "2"]);
  });

  it("leaves a number alone that has another value now", () => {
    expect(written({ a: 3 })).toBe(JSON.stringify({ a: 3 }, null, 2));
  });
});
