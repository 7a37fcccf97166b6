import { mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { embed } from "../../src/jobs/embed.js";
import { evaluate } from "../../src/jobs/evaluate.js";
import { exportModel } from "../../src/jobs/export.js";
import { userErrorOf } from "../dataset/temporary-files.js";

const folder = mkdtempSync(join(tmpdir(), "precisions "));
const model = join(folder, "model");
const dev = join(import.meta.dirname, "..", "..", "data", "support", "dev.csv");

beforeAll(async () => {
  const words: object = { dtype: "int8" };
  const report = await exportModel({
    to: model,
    prompts: { query: "ask: ", document: "say: " },
    threads: 1,
    ...words,
  });
  expect(report.onnx).toEqual(["onnx/model.onnx", "onnx/model_quantized.onnx"]);
}, 120_000);

const spearman = async (options: object) => {
  const [report] = await evaluate({ data: [dev], model, threads: 1, ...options });
  return report.model.metrics[0].value;
};

describe("the weights that are run", () => {
  it("are measured: 8 bits beside the same model's 32, by either word", async () => {
    const [whole, q8, int8] = [
      await spearman({}),
      await spearman({ modelDtype: "q8" }),
      await spearman({ modelDtype: "int8" }),
    ];
    expect(q8).not.toBe(whole);
    expect(Math.abs(q8 - whole)).toBeLessThan(0.05);
    expect(int8).toBe(q8);
  }, 120_000);

  it("must be there", async () => {
    const error = await userErrorOf(spearman({ modelDtype: "float16" }));
    expect(error.message).toContain("has no onnx/model_fp16.onnx");
  });

  it("give other vectors in embed too, whose own types have two words each", async () => {
    const vectors = async (name: string, options: object) => {
      const out = join(folder, `${name}.npy`);
      const data = dev;
      const manifest = await embed({
        data,
        column: "sentence1",
        model,
        out,
        threads: 1,
        ...options,
      });
      return { bytes: readFileSync(out), dtype: manifest.dtype };
    };
    const whole = await vectors("whole", { dtype: "fp16" });
    const half = await vectors("half", { dtype: "float16", modelDtype: "q8" });
    expect([whole.dtype, half.dtype]).toEqual(["float16", "float16"]);
    expect(whole.bytes.length).toBe(half.bytes.length);
    expect(whole.bytes.equals(half.bytes)).toBe(false);
  }, 120_000);
});

describe("exported prompts", () => {
  it("stand in the folder", () => {
    const file = join(model, "config_sentence_transformers.json");
    const { prompts } = JSON.parse(readFileSync(file, "utf8"));
    expect(prompts).toMatchObject({ query: "ask: ", document: "say: " });
  });
});
