import { expect, it } from "vitest";
import { underName } from "../../src/cli/model-note.js";
import type { EncoderInfo } from "../../src/encoder/encoder.js";

const info = { name: "mini" } as EncoderInfo;

it("a run is told by its own name and its base, a model folder by its name", () => {
  expect(underName(info, "runs/one").name).toBe("runs/one (tuned from mini)");
  for (const asked of [undefined, "mini", "models/mini"])
    expect(underName(info, asked).name).toBe("mini");
});
