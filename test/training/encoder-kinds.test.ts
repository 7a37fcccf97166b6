import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { withComputedInputs } from "../../src/encoder/computed-inputs.js";
import { loadEncoder } from "../../src/encoder/load.js";
import { embeddingGraph } from "../../src/encoder/step/embedding-graph.js";
import { type PreparedEncoder, prepareEncoder } from "../../src/encoder/step/prepare.js";
import type { Tuning } from "../../src/encoder/step/trained-weights.js";
import { importProbed } from "../../src/graph/import.js";
import { decode, type ModelProto } from "../../src/onnx/model.js";
import { toTensor } from "../../src/onnx/tensor-proto.js";
import { openRuntime } from "../../src/runtime/runtime.js";
import type { TrainOptions } from "../../src/training/options/settings.js";
import type { Tune } from "../../src/training/options/tune.js";
import { distance, inFolder, texts, updates } from "../support/encoder-run.js";
import { runModel } from "../support/run-graph.js";

const ROOT = "../shared/encoders";

/** PyTorch's numbers: five steps on 8 rows each, in the order of the file, all parameters trained. */
interface Reference {
  readonly losses: readonly number[];
  readonly norms: readonly number[];
  readonly vectors: readonly (readonly number[])[];
}

/** What can be said of each kind of encoder, whoever exported it. */
const KINDS = [
  "bert-no-types-dy23s-t5",
  "deberta-v3-dy20s-t5",
  "deberta-v3-opt14-t4",
  "embeddinggemma-dy20s-t5",
  "gte-new-dy20s-t5",
  "gte-new-ts17s-t4",
  "jina-v2-dy20s-t5",
  "jina-v2-ts17s-t4",
  "modernbert-dy20s-t5",
  "modernbert-opt14-t4",
  "modernbert-opt17-t4",
  "modernbert-ts17s-t5",
  "nomic-dy20s-t5",
  "qwen2-gte-opt17-t4",
  "qwen3-dy20s-t5",
  "qwen3-opt17-t4",
  "t5-enc-ts17s-t5",
  "x-minilm-MHA",
  "x-minilm-O2",
  "x-t5-encoder-name",
] as const;

/** Decoders with fused attention, of which there are no numbers of PyTorch's. */
const FUSED_DECODERS = ["x-decoder-gqa", "x-decoder-mha-rotary", "x-mha-rotary-inside"] as const;

const STEPS = [1, 1, 1, 1, 1];

const optionsOf = (name: string): Partial<TrainOptions> => ({
  model: join(ROOT, name),
  data: join(ROOT, "train.csv"),
  eval: join(ROOT, "sts.csv"),
  batchSize: 8,
  shuffle: false,
  weightDecay: 0,
  maxGradNorm: 1e9,
  maxLength: 64,
  steps: 5,
});

const referenceOf = (name: string): Reference =>
  JSON.parse(readFileSync(join(ROOT, name, "reference.json"), "utf8"));

/** The model of a folder. */
function modelOf(folder: string): ModelProto {
  const path = ["model.onnx", "encoder_model.onnx"]
    .map((file) => join(folder, "onnx", file))
    .find((file) => existsSync(file));
  return decode(readFileSync(path ?? ""));
}

async function prepared(name: string): Promise<PreparedEncoder> {
  const model = withComputedInputs(modelOf(join(ROOT, name)));
  return prepareEncoder(await importProbed(model, runModel));
}

/** Initializers of a folder's model as bytes, by name. */
function weightsOf(folder: string): Map<string, Uint8Array> {
  const { graph } = modelOf(folder);
  return new Map(graph?.initializer.map((proto) => [proto.name, bytesOf(proto)]));
}

function bytesOf(proto: Parameters<typeof toTensor>[0]): Uint8Array {
  const { data } = toTensor(proto);
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}

/** The written folder's vectors, run as any other model, are those of training. */
async function expectVectors(folder: string, vectors: Float32Array): Promise<void> {
  const runtime = await openRuntime({ threads: 1 });
  const encoder = await loadEncoder({ model: folder, runtime, maxLength: 64 });
  const { data } = await encoder.encode(texts, { prompt: "" });
  await encoder.release();
  await runtime.close();
  expect(distance(data, vectors)).toBeLessThan(1e-5);
}

/** Two updates, written: what was said to be trained, and the initializers that differ from the file's. */
async function written(name: string, tune: Tune) {
  const write = inFolder(`${name} ${tune}`);
  const { tensors, vectors } = await updates({ ...optionsOf(name), tune }, [1, 1], { write });
  await expectVectors(write, vectors);
  const [before, after] = [weightsOf(join(ROOT, name)), weightsOf(write)];
  expect([...after.keys()]).toEqual([...before.keys()]);
  const changed = [...before].filter(
    ([key, data]) => !Buffer.from(data).equals(after.get(key) ?? data),
  );
  const names = tensors.flatMap((group) => group.tensors);
  const bare = names.map((one) => one.replace(/^lora\.(.*)\.[AB]$/, "$1"));
  return { tensors, named: [...new Set(bare)].sort(), changed: changed.map(([key]) => key).sort() };
}

/** The largest |x/y − 1|. */
const relative = (x: readonly number[], y: readonly number[]): number =>
  Math.max(...x.map((v, i) => Math.abs(v / y[i] - 1)));

describe.skipIf(!existsSync(ROOT)).each(KINDS)("%s (needs ../shared/encoders)", (name) => {
  it("five steps have PyTorch's losses and gradient norms", async () => {
    const { losses, norms } = referenceOf(name);
    const found = await updates({ ...optionsOf(name), tune: "full" }, STEPS);
    expect(relative(found.losses, losses)).toBeLessThan(1e-5);
    expect(relative(found.gradNorms, norms)).toBeLessThan(1e-4);
  });

  it("is computed without padding, the last layer's part too", async () => {
    const encoder = await prepared(name);
    const tunings: Tuning[] = [{ kind: "full" }, { kind: "last", layers: 1 }];
    const parts = tunings.map((tuning) => embeddingGraph({ encoder, pooling: "mean", tuning }));
    expect(parts.map(({ packed, boundary }) => [packed, boundary !== undefined])).toEqual([
      [true, false],
      [true, true],
    ]);
  });

  it.each([
    ["lora", /^(query|query\+key\+value|value)$/],
    ["last:1", /./],
  ] as const)(
    "--tune %s changes the named tensors alone, in the written file",
    async (tune, role) => {
      const depth = name.includes("modernbert") || name.includes("gemma") ? 3 : 2;
      const { tensors, named, changed } = await written(name, tune);
      expect(changed).toEqual(named);
      for (const group of tensors) expect(group.role).toMatch(role);
      const layers = [...new Set(tensors.map(({ layer }) => layer))];
      expect(layers).toEqual(tune === "lora" ? [0, 1, 2].slice(0, depth) : [depth - 1]);
      if (tune === "last:1") expect(tensors.map((group) => group.role)).toContain("output");
    },
  );
});

describe.skipIf(!existsSync(ROOT)).each(FUSED_DECODERS)("%s (needs ../shared/encoders)", (name) => {
  it.each(["full", "lora", "last:1"] as const)(
    "--tune %s trains what the runtime's own kernels run",
    async (tune) => {
      const { tensors, named, changed } = await written(name, tune);
      expect(changed).toEqual(named);
      expect(tensors.length).toBeGreaterThan(0);
    },
  );
});
