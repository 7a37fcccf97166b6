import { mkdtempSync, readdirSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { loadEncoder } from "../../src/encoder/load.js";
import { exportModel } from "../../src/jobs/export.js";
import { openRuntime, type Runtime } from "../../src/runtime/runtime.js";

const ROOT = "test/fixtures/sentence-modules";
const texts = ["Rain", "How do I reset my password?", "a", "A longer text that goes on and on."];

let runtime: Runtime;
beforeAll(async () => {
  runtime = await openRuntime({ threads: 1 });
});
afterAll(() => runtime.close());

async function vectors(model: string): Promise<Float32Array> {
  const encoder = await loadEncoder({ model, runtime });
  const { data } = await encoder.encode(texts, { prompt: "" });
  await encoder.release();
  return data;
}

const distance = (x: Float32Array, y: Float32Array): number =>
  x.length === y.length
    ? x.reduce((most, value, i) => Math.max(most, Math.abs(value - y[i])), 0)
    : Number.POSITIVE_INFINITY;

describe.each(readdirSync(ROOT))("%s", (name) => {
  it("is exported in both forms, whose vectors are its own", async () => {
    const model = join(ROOT, name);
    const to = join(mkdtempSync(join(tmpdir(), "embtune-export-")), "model");
    const notes: string[] = [];
    const { verification } = await exportModel({
      ...{ model, to, format: "both", verify: true, threads: 1 },
      onEvent: (event) => event.type === "note" && notes.push(event.message),
    });
    expect(verification?.passed).toBe(true);
    const own = await vectors(model);
    expect(distance(await vectors(to), own)).toBeLessThan(1e-5);
    const other = join(to, "sentence-transformers");
    expect(distance(await vectors(other), own)).toBeLessThan(1e-5);
    expect(notes.length).toBe(name.includes("noprompt") ? 1 : 0);
    const kinds = (folder: string) =>
      JSON.parse(readFileSync(join(folder, "modules.json"), "utf8")).map(
        ({ type }: { type: string }) => type.split(".").at(-1),
      );
    expect(kinds(other)).toEqual(kinds(model));
  });
});
