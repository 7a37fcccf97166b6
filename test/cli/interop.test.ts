import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { mixedTexts } from "../../src/export/sample-texts.js";
import { decodeSafetensors } from "../../src/math/safetensors.js";
import { freshFolder, root, writeIn } from "../support/cli.js";
import { embtune } from "../support/in-process.js";

// transformers.js cuts the closing token off a text that is too long: such texts are left out.
const texts = mixedTexts(24).filter((text) => text.length < 200);
const folder = freshFolder();
const fixture = (name: string): string => join(root, "test", "fixtures", "encoders", name);
const tiny = fixture("bert-torchscript-14");

type Vectors = number[][];

/** Vectors by another program, in a process of its own: a matrix a request. */
function client(name: string, requests: readonly object[]): Vectors[] {
  const script = join(root, "test", "support", "clients", `${name}.js`);
  const args = [script, JSON.stringify({ texts, requests })];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, {
    encoding: "utf8",
    maxBuffer: 2 ** 26,
  });
  if (status !== 0) throw new Error(stderr);
  return JSON.parse(stdout) as Vectors[];
}

/** embtune's own vectors, by `embtune embed`. */
async function own(model: string): Promise<Vectors> {
  const data = writeIn(
    folder,
    "texts.jsonl",
    texts.map((text) => JSON.stringify({ text })).join("\n"),
  );
  const out = join(folder, `${model.replaceAll(/\W/g, "-")}.jsonl`);
  const { code, stderr } = await embtune(["embed", data, "--model", model, "--out", out]);
  expect(stderr).not.toContain("error");
  expect(code).toBe(0);
  const lines = readFileSync(out, "utf8").trimEnd().split("\n");
  return lines.map((line) => JSON.parse(line).embedding);
}

function largestDifference(a: Vectors, b: Vectors): number {
  expect(a.map((row) => row.length)).toEqual(b.map((row) => row.length));
  return Math.max(...a.flatMap((row, i) => row.map((x, k) => Math.abs(x - b[i][k]))));
}

async function exported(model: string, name: string, ...args: string[]): Promise<string> {
  const to = join(folder, name);
  const { code, stderr } = await embtune(["export", model, "--to", to, ...args]);
  expect(stderr).not.toContain("error");
  expect(code).toBe(0);
  return to;
}

async function trained(name: string, ...args: string[]): Promise<string> {
  const run = join(folder, name);
  const data = ["data/support/train.csv", "--eval", "data/support/dev.csv", "--steps", "20"];
  const { code } = await embtune([
    "train",
    ...data,
    "--no-report",
    "--interpolate",
    "off",
    "--out",
    run,
    ...args,
  ]);
  expect(code).toBe(0);
  return run;
}

describe.each([
  ["linear", "fp32", ["--head", "linear"], 1e-5],
  ["smaller", "q8", ["--head", "linear", "--head-dim", "96"], 5e-2],
  ["mlp", "fp16", ["--head", "mlp"], 5e-3],
] as const)("a run with a head (%s)", (name, dtype, args, most) => {
  let run: string;
  let fastembed: string;
  let wanted: Vectors;
  let read: Vectors[];
  const small = join(folder, `${name}-${dtype}`);
  beforeAll(async () => {
    run = await trained(name, ...args);
    wanted = await own(run);
    fastembed = await exported(run, `${name}-fastembed`, "--format", "fastembed", "--verify");
    await exported(run, `${name}-${dtype}`, "--dtype", dtype);
    const mean = { pooling: "mean", normalize: true, dtype: "fp32" };
    read = client("transformers-js", [
      { ...mean, folder: join(run, "model") },
      { ...mean, folder: fastembed },
      { ...mean, folder: fastembed, pooling: "cls" },
      { ...mean, folder: small, dtype },
    ]);
  }, 300_000);

  it("has a model/ that transformers.js embeds with, to 1e-5", () => {
    expect(largestDifference(read[0], wanted)).toBeLessThan(1e-5);
  });

  it("exports a folder whose first token fastembed takes, to 1e-5", () => {
    const [vectors] = client("fastembed", [{ folder: fastembed }]);
    for (const other of [vectors, read[1], read[2]])
      expect(largestDifference(other, wanted)).toBeLessThan(1e-5);
  });

  it(`exports ${dtype} under the name that transformers.js asks for, near to it`, () => {
    const difference = largestDifference(read[3], wanted);
    expect(difference).toBeLessThan(most);
    if (dtype === "fp32") return;
    expect(difference).toBeGreaterThan(1e-6);
    const [loss] = JSON.parse(readFileSync(join(small, "precision.json"), "utf8"));
    expect(loss).toMatchObject({ dtype, texts: 200 });
    expect(loss.smallestCosine).toBeGreaterThan(0.995);
  });
});

describe.each([["full"], ["last:1"], ["lora"]])("a run that tuned the encoder (%s)", (tune) => {
  it("exports what training computed: transformers.js gives the same vectors, to 1e-5", async () => {
    const tuning = ["--model", tiny, "--tune", tune, "--lr", "1e-3", "--steps", "4"];
    const run = await trained(`tuned ${tune}`, ...tuning);
    const name = `exported ${tune}`;
    const adapter = tune === "lora" ? ["--adapter"] : [];
    const to = await exported(`${run}:4`, name, "--verify", "--format", "both", ...adapter);
    const names = readdirSync(to);
    expect(names).toContain("sentence-transformers");
    expect(names.includes("adapter")).toBe(tune === "lora");
  });
});

describe("the adapters of a run with --tune lora", () => {
  const tensors = (...path: string[]) => {
    const file = join(folder, "exported lora", ...path);
    return decodeSafetensors(readFileSync(file), file).tensors;
  };

  it("are those that were merged: W + α/r·B·A, under PEFT's names", async () => {
    const config = join(folder, "exported lora", "adapter", "adapter_config.json");
    const { r, lora_alpha, target_modules } = JSON.parse(readFileSync(config, "utf8"));
    const adapters = tensors("adapter", "adapter_model.safetensors");
    const merged = tensors("sentence-transformers", "model.safetensors");
    await exported(tiny, "base", "--format", "sentence-transformers");
    const path = join(folder, "base", "model.safetensors");
    const base = decodeSafetensors(readFileSync(path), path).tensors;
    expect(adapters.size).toBe(2 * target_modules.length);
    const module: string = target_modules[0];
    expect(module).toMatch(/^encoder\.layer\.0\.attention\.self\.\w+$/);
    const a = adapters.get(`base_model.model.${module}.lora_A.weight`)!;
    const b = adapters.get(`base_model.model.${module}.lora_B.weight`)!;
    const [out = 0, input = 0] = base.get(`${module}.weight`)!.shape;
    expect([a.shape, b.shape]).toEqual([
      [r, input],
      [out, r],
    ]);
    const at = (tensor: typeof a, i: number, j: number) =>
      Number(tensor.data[i * tensor.shape[1] + j]);
    for (const [i, j] of [
      [0, 0],
      [3, 7],
      [out - 1, input - 1],
    ] as const) {
      const product = Array.from({ length: r }, (_, k) => at(b, i, k) * at(a, k, j));
      const change = (lora_alpha / r) * product.reduce((sum, x) => sum + x, 0);
      const [was, is] = [base, merged].map((of) => at(of.get(`${module}.weight`)!, i, j));
      expect(Math.abs(was + change - is)).toBeLessThan(1e-7);
      expect(change).not.toBe(0);
    }
  });

  it("are refused where there are none", async () => {
    const args = ["--to", join(folder, "none"), "--adapter"];
    const { code, stderr } = await embtune(["export", join(folder, "linear"), ...args]);
    expect(code).toBe(2);
    expect(stderr).toContain("has no adapters");
    expect(readdirSync(join(folder, "none"))).toEqual([]);
  });
});

describe("other encoders without a head", () => {
  it.each([
    ["distilbert-torchscript-14", "mean"],
    ["bert-torchscript-14", "cls"],
    ["electra-torchscript-13", "cls"],
  ])(
    "%s, %s pooling: transformers.js and fastembed give the same vectors",
    async (name, pooling) => {
      const wanted = await own(fixture(name));
      const to = await exported(fixture(name), `${name}-fe`, "--format", "fastembed", "--verify");
      const [first] = client("fastembed", [{ folder: to }]);
      expect(largestDifference(first, wanted)).toBeLessThan(1e-5);
      const plain = await exported(fixture(name), `${name}-plain`, "--format", "both", "--verify");
      const request = { folder: plain, pooling, normalize: true, dtype: "fp32" };
      const [vectors] = client("transformers-js", [request]);
      expect(largestDifference(vectors, wanted)).toBeLessThan(1e-5);
      expect(readdirSync(join(plain, "sentence-transformers"))).toContain("model.safetensors");
    },
  );
});

describe("embtune export", () => {
  it("takes RUN:step, and says which steps there are", async () => {
    const run = join(folder, "linear");
    await exported(`${run}:20`, "step", "--verify");
    const { code, stderr } = await embtune(["export", `${run}:7`, "--to", join(folder, "no")]);
    expect(code).toBe(2);
    expect(stderr).toContain("keeps no checkpoint of step 7, only 20");
  });

  it.each([
    [["--format", "sentence-transformers", "--dtype", "q8"], "--dtype q8 has no effect"],
    [["--format", "sentence-transformers", "--verify"], "--verify has no effect"],
    [["--eval", "data/support/dev.csv"], "--eval has no effect without --dtype"],
  ])("refuses %j", async (args, message) => {
    const { code, stderr } = await embtune(["export", "--to", join(folder, "idle"), ...args]);
    expect(code).toBe(2);
    expect(stderr).toContain(message);
  });

  it("refuses the sentence-transformers form of a model whose head is folded in", async () => {
    const model = join(folder, "linear", "model");
    const args = ["--to", join(folder, "folded"), "--format", "both"];
    const { code, stderr } = await embtune(["export", model, ...args]);
    expect(code).toBe(2);
    expect(stderr).toContain("has its head folded into onnx/model.onnx");
    expect(readdirSync(join(folder, "folded"))).toEqual([]);
  });
});
