import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { EMBEDDING, readInferenceModel } from "../../src/encoder/inference-model.js";
import { loadEncoder } from "../../src/encoder/load.js";
import type { Matrix } from "../../src/math/tensor.js";
import { decode, encode } from "../../src/onnx/model.js";
import { openRuntime, type Runtime } from "../../src/runtime/runtime.js";
import { modelCopy, temporaryFolder, tiny, writeFiles } from "./model-copy.js";
import { externalData, halfPrecision, tinyModel } from "./onnx-variants.js";

let runtime: Runtime;
let expected: Matrix;
const texts = ["A ship is in the harbour.", "", "Words ".repeat(200)];

async function vectors(model = tiny): Promise<Matrix> {
  const encoder = await loadEncoder({ model, runtime });
  const result = await encoder.encode(texts);
  await encoder.release();
  return result;
}

function largestDifference(a: Matrix, b: Matrix): number {
  return a.data.reduce((worst, x, i) => Math.max(worst, Math.abs(x - b.data[i])), 0);
}

beforeAll(async () => {
  runtime = await openRuntime({ threads: 1 });
  expected = await vectors();
});
afterAll(() => runtime.close());

describe("readInferenceModel", () => {
  it("appends pooling and leaves the encoder's nodes and operator set as they are", async () => {
    const original = tinyModel();
    const { bytes, inputs } = await readInferenceModel(join(tiny, "onnx/model.onnx"), {
      pooling: "mean",
    });
    const pooled = decode(bytes);
    const kept = original.graph!.node.length;
    expect(pooled.opsetImport).toEqual(original.opsetImport);
    expect(pooled.graph!.node.slice(0, kept)).toEqual(original.graph!.node);
    expect(pooled.graph!.node.length).toBeGreaterThan(kept);
    expect(pooled.graph!.output.map(({ name }) => name)).toEqual([EMBEDDING]);
    expect(inputs).toEqual(["input_ids", "attention_mask", "token_type_ids"]);
  });

  it("reads half precision in float32", async () => {
    const folder = modelCopy({ "onnx/model.onnx": halfPrecision() });
    const difference = largestDifference(await vectors(folder), expected);
    expect(difference).toBeGreaterThan(0);
    expect(difference).toBeLessThan(1e-3);
  });

  it("reads weights that lie beside the model", async () => {
    const { model, data } = externalData("weights/model.onnx_data");
    const folder = modelCopy({ "onnx/model.onnx": model, "onnx/weights/model.onnx_data": data });
    expect(largestDifference(await vectors(folder), expected)).toBeLessThan(1e-6);
  });

  it("takes the output token_embeddings", async () => {
    const model = tinyModel();
    const [output] = model.graph!.output;
    for (const node of model.graph!.node) {
      node.output = node.output.map((name) => (name === output.name ? "token_embeddings" : name));
    }
    output.name = "token_embeddings";
    const folder = modelCopy({ "onnx/model.onnx": encode(model) });
    expect(largestDifference(await vectors(folder), expected)).toBe(0);
  });
});

describe("an ONNX file that cannot be used", () => {
  const whole = readFileSync(join(tiny, "onnx/model.onnx"));
  const named = (change: (model: ReturnType<typeof tinyModel>) => void) => {
    const model = tinyModel();
    change(model);
    return encode(model);
  };
  it.each([
    ["is cut short", whole.subarray(0, whole.length / 2), "bad-onnx", /not a complete onnx model/],
    ["is cut short by one byte", whole.subarray(0, -1), "bad-onnx", /not a complete onnx model/],
    ["is empty", new Uint8Array(0), "bad-onnx", /no onnx graph/],
    [
      "is something else",
      Buffer.from("version https://git-lfs.github.com/spec/v1"),
      "bad-onnx",
      /onnx/,
    ],
    [
      "lacks the output with token vectors",
      named((model) => {
        const [first] = model.graph!.output;
        first.name = "logits";
        model.graph!.output.push({ ...first, name: "pooler_output" });
      }),
      "no-token-output",
      /no output last_hidden_state or token_embeddings, only logits, pooler_output$/,
    ],
    [
      "wants other inputs",
      named((model) => {
        model.graph!.input[0].name = "pixel_values";
      }),
      "unknown-inputs",
      /^has no input input_ids, only pixel_values, attention_mask, token_type_ids$/,
    ],
    [
      "uses an operator that nobody knows",
      named((model) => {
        model.graph!.node[40].opType = "Frobnicate";
      }),
      "bad-onnx",
      /onnx runtime cannot run it: .*Frobnicate/s,
    ],
  ])("%s: the error names the file and what was found", async (_, bytes, code, message) => {
    const folder = modelCopy({ "onnx/model.onnx": bytes });
    await expect(loadEncoder({ model: folder, runtime })).rejects.toMatchObject({
      code,
      exitCode: 1,
      message: expect.stringMatching(message),
      at: { file: join(folder, "onnx/model.onnx") },
      hint: expect.any(String),
    });
  });

  it("points at weights that are not there", async () => {
    const { model } = externalData("model.onnx_data");
    const folder = modelCopy({ "onnx/model.onnx": model });
    await expect(loadEncoder({ model: folder, runtime })).rejects.toMatchObject({
      code: "missing-external-data",
      exitCode: 1,
    });
  });

  it("points out of its folder", async () => {
    const outside = temporaryFolder();
    writeFiles(outside, { secret: "x".repeat(40_000_000) });
    const { model } = externalData(`../../../${outside}/secret`);
    const folder = modelCopy({ "onnx/model.onnx": model });
    await expect(loadEncoder({ model: folder, runtime })).rejects.toMatchObject({
      code: "bad-external-data",
      message: expect.stringContaining("outside the model folder"),
    });
  });
});

describe("prompts", () => {
  it("are put before every text; the folder's default unless another is given", async () => {
    const model = modelCopy({
      "config_sentence_transformers.json": {
        prompts: { query: "search for: ", document: "" },
        default_prompt_name: "query",
      },
    });
    const encoder = await loadEncoder({ model, runtime });
    const plain = await loadEncoder({ model: tiny, runtime });
    const byDefault = await encoder.encode(["red boats"]);
    expect(byDefault).toEqual(await plain.encode(["search for: red boats"]));
    expect(await encoder.encode(["red boats"], { prompt: "" })).toEqual(
      await plain.encode(["red boats"]),
    );
    expect(encoder.info.prompts).toEqual({ query: "search for: ", document: "" });
    await Promise.all([encoder.release(), plain.release()]);
  });
});
