import { describe, expect, it } from "vitest";
import { visible } from "../../src/errors/visible.js";

describe("control characters for a terminal", () => {
  it("are written out, those of the direction of writing too", () => {
    expect(visible("\u001b[2Jred\u0007 \r\b\u009b1m \u202eabc\u2066 \u0000")).toBe(
      "\\x1b[2Jred\\x07 \\x0d\\x08\\x9b1m \\u202eabc\\u2066 \\x00",
    );
  });

  it("other text stays, with its lines and tabs", () => {
    const text = "a\tb\n漢字 é 😀 \u00a0…";
    expect(visible(text)).toBe(text);
  });
});
