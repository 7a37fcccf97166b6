import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { loadModel, train } from "../../src/index.js";

const model = "test/fixtures/encoders/bert-torchscript-14";
const run = (name: string) => ({
  data: "data/support/train.csv",
  model,
  objective: "infonce",
  steps: 4,
  batchSize: 16,
  threads: 1,
  out: join(mkdtempSync(join(tmpdir(), "library ")), name),
});

describe("the library", () => {
  it("lets a model be released twice", async () => {
    const loaded = await loadModel(model, { threads: 1 });
    const [first, second] = [loaded.release(), loaded.release()];
    await expect(Promise.all([first, second, loaded.release()])).resolves.toBeDefined();
  });

  it("trains two runs at once in one process as it trains them alone", async () => {
    const results = await Promise.all([train(run("a")), train(run("b"))]);
    const [a, b] = results.map(({ record }) => record.result);
    expect(a?.bestValue).toBe(b?.bestValue);
    const alone = await train(run("c"));
    expect(alone.record.result?.bestValue).toBe(a?.bestValue);
  }, 120_000);

  it("names a signal that is none, an option that is unknown and a value of a wrong type", async () => {
    // What JavaScript without types may pass.
    const wrong = (extra: object) =>
      train({ ...run("w"), ...extra } as Parameters<typeof train>[0]);
    await expect(wrong({ signal: new AbortController() })).rejects.toThrow(
      "signal must be an AbortSignal, got an AbortController",
    );
    await expect(wrong({ stepz: 3 })).rejects.toThrow("stepz");
    await expect(wrong({ steps: "3" })).rejects.toThrow(/steps must be a whole number/);
    await expect(wrong({ data: { length: 3 } })).rejects.toThrow(/data must be/);
  });
});
