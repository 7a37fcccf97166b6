import { copyFileSync, mkdtempSync, readdirSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { embedForward } from "../../../src/encoder/step/cached-step.js";
import { prepareEncoder } from "../../../src/encoder/step/prepare.js";
import { textFeeds } from "../../../src/encoder/step/text-feeds.js";
import { loadTokenizer } from "../../../src/encoder/tokenizer.js";
import { readWhole } from "../../../src/encoder/weights/read-piece.js";
import { readWeightsGraph } from "../../../src/encoder/weights/weights-graph.js";
import { storedTensors } from "../../../src/files/safetensors-file.js";
import { writeTensors } from "../../../src/files/tensor-file.js";
import { float32ToFloat16 } from "../../../src/math/float16.js";
import type { Tensor } from "../../../src/math/tensor.js";
import { fiveSteps } from "../../support/five-steps.js";
import { runModel } from "../../support/run-graph.js";
import {
  hasSharedEncoders,
  SHARED_ENCODERS,
  sharedEncoder,
  sharedReference,
  sharedTexts,
} from "../../support/shared-encoders.js";

const folders = hasSharedEncoders
  ? readdirSync(SHARED_ENCODERS).filter((name) => name.startsWith("weights-"))
  : [];

const poolingOf = (name: string): "mean" | "last" | "cls" => {
  const file = join(sharedEncoder(name), "1_Pooling/config.json");
  const mode = JSON.parse(readFileSync(file, "utf8")).pooling_mode;
  if (mode === "lasttoken") return "last";
  return mode === "cls" ? "cls" : "mean";
};

async function open(name: string, folder = sharedEncoder(name)) {
  const tokenizer = await loadTokenizer(folder);
  const { graph, hidden } = await readWeightsGraph(folder);
  const encoder = prepareEncoder(graph, hidden);
  const { padId } = tokenizer;
  return {
    encoder,
    pooling: poolingOf(name),
    padId,
    tokenize: (text: string) => tokenizer.encode(text, 64),
  };
}

describe.skipIf(!hasSharedEncoders)("graphs from weights (../shared/encoders)", () => {
  it.each(folders)("%s: vectors are PyTorch's to 1e-5", async (name) => {
    const { encoder, pooling, tokenize, padId } = await open(name);
    const texts = sharedTexts().map(tokenize);
    const tuning = { kind: "full" } as const;
    const model = embedForward({ encoder, pooling, tuning, normalize: true, packed: false });
    const weights = model.parameters.map((own) => [own, encoder.graph.initializers.get(own)!]);
    const feeds = textFeeds(texts, { inputs: model.inputs, padId });
    const { embedding } = await runModel(model.model, { ...feeds, ...Object.fromEntries(weights) });
    const expected = sharedReference(name).vectors.flat();
    expect(embedding.data.length).toBe(expected.length);
    const differences = expected.map((x, i) => Math.abs(x - Number(embedding.data[i])));
    expect(Math.max(...differences)).toBeLessThan(1e-5);
  });

  it.each(folders)("%s: losses and gradient norms of five steps are PyTorch's", async (name) => {
    const { losses, norms } = await fiveSteps(await open(name));
    const expected = sharedReference(name);
    for (let t = 0; t < 5; t++) {
      expect(Math.abs(losses[t] / expected.losses[t] - 1)).toBeLessThan(1e-5);
      expect(Math.abs(norms[t] / expected.norms[t] - 1)).toBeLessThan(1e-4);
    }
  });

  /** The folder with its weights in half precision. */
  async function halved(name: string): Promise<string> {
    const folder = mkdtempSync(join(tmpdir(), "embtune half "));
    for (const file of ["config.json", "tokenizer.json", "tokenizer_config.json"])
      copyFileSync(join(sharedEncoder(name), file), join(folder, file));
    const stored = storedTensors(join(sharedEncoder(name), "model.safetensors"));
    const tensors = [...stored].map(([own, tensor]) => {
      const { shape, data } = readWhole(tensor);
      const half = float32ToFloat16(data as Float32Array);
      return [own, { dtype: "float16", shape, data: half } as Tensor] as const;
    });
    await writeTensors(join(folder, "model.safetensors"), new Map(tensors));
    return folder;
  }

  // Random weights of 0.02: half precision rounds them by 5e-4 of their size.
  it.each(folders.filter((name) => /modernbert|qwen3|nomic|gemma/.test(name)))(
    "%s in float16: five steps run, near those in float32",
    async (name) => {
      const { losses } = await fiveSteps(await open(name, await halved(name)));
      const expected = sharedReference(name);
      for (let t = 0; t < 5; t++) {
        expect(Math.abs(losses[t] / expected.losses[t] - 1)).toBeLessThan(0.02);
        expect(losses[t]).not.toBe(expected.losses[t]);
      }
    },
  );
});
