import { cpSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { EncoderInfo } from "../../../src/encoder/encoder.js";
import { float32 } from "../../../src/math/tensor.js";
import { openRuntime, type Runtime } from "../../../src/runtime/runtime.js";
import { filedWeights } from "../../../src/training/model/filed-weights.js";
import { importEncoder } from "../../../src/training/model/import-encoder.js";
import { laterStart } from "../../../src/training/model/line-start.js";
import { TINY_CONFIGS, weightsFolder } from "../../support/weights-folder.js";

const FIXTURES = "test/fixtures/encoders";
/** Those that can be imported; float16 and external data are among them. */
const kinds = readdirSync(FIXTURES).filter((name) => !/\.md$|quantised/.test(name));

let runtime: Runtime;
beforeAll(async () => {
  runtime = await openRuntime({ threads: 1 });
});
afterAll(() => runtime.close());

const infoOf = (modelFile: string) => ({ modelFile }) as EncoderInfo;

/** The weights of an encoder as importing gives them. */
async function imported(file: string) {
  const { graph, weights } = await importEncoder(infoOf(file), runtime);
  return weights.map(({ name }) => [name, graph.initializers.get(name)!] as const);
}

async function expectFiled(file: string): Promise<void> {
  const weights = await imported(file);
  const names = weights.map(([name]) => name);
  const filed = await filedWeights(file, names);
  expect(names.length).toBeGreaterThan(0);
  for (const [name, tensor] of weights) expect(filed!.get(name)).toEqual(tensor);
  expect(filed!.get("another")).toBeUndefined();
  expect(await filedWeights(file, [...names, "another"])).toBeUndefined();
}

describe("filedWeights", () => {
  it.each(kinds)("are of ONNX what importing gives, to the bit: %s", async (kind) => {
    await expectFiled(join(FIXTURES, kind, "onnx", "model.onnx"));
  });

  it.each(Object.entries(TINY_CONFIGS))("and of safetensors: %s", async (type, config) => {
    const folder = weightsFolder({ model_type: type, ...config });
    await expectFiled(join(folder, "model.safetensors"));
  });
});

describe("laterStart", () => {
  it.each([
    ["ONNX", "onnx/model.onnx"],
    ["safetensors", "model.safetensors"],
  ])("reads each weight of %s when it is asked for, and imports nothing", async (kind, name) => {
    const folder = mkdtempSync(join(tmpdir(), "line start "));
    const bert = { model_type: "bert", ...TINY_CONFIGS.bert };
    const from = kind === "ONNX" ? join(FIXTURES, "bert-torchscript-14") : weightsFolder(bert);
    cpSync(from, folder, { recursive: true });
    const file = join(folder, name);
    const names = (await imported(file)).map(([one]) => one);
    const head = new Map([["head.projection.weight", float32([1], [2])]]);
    const { values } = await laterStart(infoOf(file), runtime, { names, head, adapters: [] })();
    expect(values.get("head.projection.weight")).toBe(head.get("head.projection.weight"));
    expect(values.get(names[0])).not.toBe(values.get(names[0]));
    expect(values.get(names[0])).toEqual(values.get(names[0]));
    // What had been imported or kept would still be there.
    rmSync(file);
    expect(() => values.get(names[0])).toThrow();
  });
});
