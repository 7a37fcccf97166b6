import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { batchFeeds } from "../../../src/encoder/batching.js";
import { EMBEDDING, readInferenceModel } from "../../../src/encoder/inference-model.js";
import { embedForward } from "../../../src/encoder/step/cached-step.js";
import { buildEncoderStep } from "../../../src/encoder/step/encoder-step.js";
import { prepareEncoder } from "../../../src/encoder/step/prepare.js";
import { textFeeds } from "../../../src/encoder/step/text-feeds.js";
import { loadTokenizer } from "../../../src/encoder/tokenizer.js";
import { importModel } from "../../../src/graph/import.js";
import { objectiveNamed } from "../../../src/objectives/registry.js";
import { resolveOptions } from "../../../src/objectives/resolve.js";
import { bundled, bundledFolder } from "../../support/bundled.js";
import { runModel } from "../../support/run-graph.js";

const SENTENCES = [
  "A man is playing a guitar.",
  "Rain",
  "The quick brown fox jumps over the lazy dog while everybody else looks on in amazement.",
  "",
  "How do I reset the password of my account?",
];

/** Models with the number of their layers; one of them is not part of the repository. */
const MODELS = [
  ["the bundled encoder", bundledFolder, bundled.layers],
  ["all-MiniLM-L6-v2 (in ../shared/models)", "../shared/models/all-MiniLM-L6-v2", 6],
] as const;

describe.each(MODELS)("%s", (_, folder, depth) => {
  const present = existsSync(folder);
  const file = join(folder, "onnx/model.onnx");
  const prepared = () => prepareEncoder(importModel(readFileSync(file)));

  it.skipIf(!present)("gives the vectors of inference, packed and with padding", async () => {
    const tokenizer = await loadTokenizer(folder);
    const ids = SENTENCES.map((text) => tokenizer.encode(text, 128));
    const inference = await readInferenceModel(file, { pooling: "mean" });
    const batch = ids.map((own, index) => ({ index, ids: own }));
    const expected = await runModel(
      inference.bytes,
      batchFeeds(batch, tokenizer.padId, inference.inputs),
    );
    const encoder = prepared();
    for (const packed of [true, false]) {
      const model = embedForward({ encoder, pooling: "mean", tuning: { kind: "full" }, packed });
      const feeds = textFeeds(ids, { inputs: model.inputs, padId: tokenizer.padId });
      const weights = model.parameters.map((name) => [name, encoder.graph.initializers.get(name)!]);
      const found = await runModel(model.model, { ...feeds, ...Object.fromEntries(weights) });
      const [x, y] = [found.embedding.data, expected[EMBEDDING].data] as Float32Array[];
      expect(Math.max(...x.map((value, i) => Math.abs(value - y[i])))).toBeLessThan(1e-5);
    }
  });

  it.skipIf(!present)("becomes a step in which every rewrite applied", () => {
    const definition = objectiveNamed("infonce");
    const objective = { definition, options: resolveOptions(definition, {}) };
    const step = buildEncoderStep({
      encoder: prepared(),
      pooling: "mean",
      tuning: { kind: "full" },
      objective,
      roles: ["anchors", "positives"],
      negatives: 0,
    });
    expect(step.packed).toBe(true);
    expect(step.notes).toEqual([
      // Their masks are finite as they are.
      { name: "finite masks", applied: 0, note: "" },
      { name: "layer normalisation", applied: 1 + 2 * depth, note: "" },
      { name: "gelu", applied: depth, note: "" },
      { name: "attention", applied: depth, note: "" },
      { name: "packing", applied: depth, note: "" },
      { name: "linear", applied: 6 * depth, note: "" },
    ]);
    expect(step.parameters).toHaveLength(5 + 16 * depth);
    expect(step.nodes).toBeLessThan(140 * depth + 220);
  });
});
