import * as ort from "onnxruntime-node";
import { buildEncoderStep } from "../dist/encoder/step/encoder-step.js";
import { textFeeds } from "../dist/encoder/step/text-feeds.js";
import { objectiveNamed } from "../dist/objectives/registry.js";
import { resolveOptions } from "../dist/objectives/resolve.js";

const tensor = ({ dtype, data, shape }) => new ort.Tensor(dtype, data, [...shape]);

/** Forward and backward pass of InfoNCE on texts of which a third each are anchors, positives and negatives, as an ONNX Runtime session. */
export async function openStep(encoder, { texts, packed, session }) {
  const definition = objectiveNamed("infonce");
  const started = performance.now();
  const step = buildEncoderStep({
    encoder,
    packed,
    pooling: "mean",
    tuning: { kind: "full" },
    objective: { definition, options: resolveOptions(definition, {}) },
    roles: ["anchors", "positives", "negatives"],
    negatives: 1,
  });
  const opened = await ort.InferenceSession.create(step.model, session);
  const startup = performance.now() - started;
  const given = textFeeds(texts, { inputs: step.inputs, padId: 0 });
  const feeds = Object.fromEntries(Object.entries(given).map(([name, t]) => [name, tensor(t)]));
  const rows = Math.floor(texts.length / 3);
  for (const [k, role] of ["anchors", "positives", "negatives"].entries()) {
    const places = BigInt64Array.from({ length: rows }, (_, i) => BigInt(3 * i + k));
    feeds[role] = new ort.Tensor("int64", places, [rows]);
  }
  const fetches = { [step.loss]: null };
  for (const { name, shape, data, gradient } of step.parameters) {
    feeds[name] = new ort.Tensor("float32", data, [...shape]);
    if (gradient.kind === "dense") {
      fetches[gradient.name] = new ort.Tensor("float32", new Float32Array(data.length), [...shape]);
    } else Object.assign(fetches, { [gradient.indices]: null, [gradient.rows]: null });
  }
  return {
    run: () => opened.run(feeds, fetches),
    end: () => opened.endProfiling(),
    nodes: step.nodes,
    startup,
  };
}
