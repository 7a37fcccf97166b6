import { existsSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Encoder } from "../../src/encoder/encoder.js";
import { loadEncoder } from "../../src/encoder/load.js";
import { openRuntime, type Runtime } from "../../src/runtime/runtime.js";
import golden from "../fixtures/vectors.json" with { type: "json" };
import { bundled } from "../support/bundled.js";

const shared = "../shared/models/all-MiniLM-L6-v2";
const folders: Record<string, string> = {
  "bert-torchscript-14": "test/fixtures/encoders/bert-torchscript-14",
  "all-MiniLM-L6-v2": shared,
};

let runtime: Runtime;
beforeAll(async () => {
  runtime = await openRuntime({ threads: 1 });
});
afterAll(() => runtime.close());

async function withEncoder<T>(
  options: { model?: string; pooling?: string; maxLength?: number },
  use: (encoder: Encoder) => Promise<T>,
): Promise<T> {
  const encoder = await loadEncoder({ ...options, runtime });
  try {
    return await use(encoder);
  } finally {
    await encoder.release();
  }
}

function checkVectors(model: string): void {
  const cases = golden.vectors.filter((entry) => entry.model === model);
  it.each(cases)("with $pooling pooling", async ({ pooling, vectors }) => {
    await withEncoder({ model: folders[model], pooling }, async (encoder) => {
      const encoded = await encoder.encode(golden.texts);
      let worst = 0;
      vectors.flat().forEach((x, i) => {
        worst = Math.max(worst, Math.abs(x - encoded.data[i]));
      });
      expect(encoded.data.length).toBe(vectors.flat().length);
      expect(worst).toBeLessThan(2e-6);
    });
  });
}

describe("a tiny encoder's vectors equal sentence-transformers'", () => {
  checkVectors("bert-torchscript-14");
});

describe.skipIf(!existsSync(shared))(
  "all-MiniLM-L6-v2's vectors equal sentence-transformers' (needs ../shared/models)",
  () => {
    checkVectors("all-MiniLM-L6-v2");
  },
);

describe("loadEncoder", () => {
  it("describes the bundled encoder", async () => {
    await withEncoder({}, async ({ info }) => {
      expect(info).toMatchObject({
        name: bundled.name,
        source: "bundled",
        dimension: bundled.width,
        maxLength: bundled.maxLength,
        pooling: "mean",
        poolingSource: "folder",
        normalize: true,
        prompts: {},
        headFolded: false,
      });
      expect(info.hash).toMatch(/^[0-9a-f]{64}$/);
    });
  });

  it("gives another hash when the pooling is another", async () => {
    const hashes = await Promise.all(
      ["mean", "cls"].map((pooling) => withEncoder({ pooling }, async ({ info }) => info.hash)),
    );
    expect(hashes[0]).not.toBe(hashes[1]);
  });

  it("cuts at --max-length", async () => {
    await withEncoder({ maxLength: 4 }, async (encoder) => {
      const [long, short] = encoder.tokenize(["one two three four", "one two"]);
      expect(long).toEqual(short);
      const { data } = await encoder.encode(["one two three four", "one two"]);
      expect(data.slice(0, bundled.width)).toEqual(data.slice(bundled.width));
    });
  });

  it.each([bundled.positions + 1, 2, 7.5])(
    "refuses --max-length %d and leaves the runtime usable",
    async (maxLength) => {
      await expect(loadEncoder({ runtime, maxLength })).rejects.toMatchObject({
        code: "bad-max-length",
        exitCode: 2,
        message: expect.stringContaining(`from 3 to ${bundled.positions}`),
      });
    },
  );

  it("refuses an unknown pooling by name", async () => {
    await expect(loadEncoder({ runtime, pooling: "men" })).rejects.toMatchObject({
      code: "unknown-pooling",
      exitCode: 2,
      hint: expect.stringContaining("mean"),
    });
  });
});
