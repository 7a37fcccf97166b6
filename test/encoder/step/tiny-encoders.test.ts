import { describe, expect, it } from "vitest";
import { buildEmbeddingParts } from "../../../src/encoder/step/cached-step.js";
import type { StepParameter } from "../../../src/encoder/step/parameters.js";
import { textFeeds } from "../../../src/encoder/step/text-feeds.js";
import { float32 } from "../../../src/math/tensor.js";
import { runModel } from "../../support/run-graph.js";
import {
  denseGradient,
  norm,
  prepareTiny,
  type Reference,
  type ReferenceParameter,
  readReference,
  TINY_ENCODERS,
  tinyTexts,
  valuesOf,
} from "./tiny-encoder.js";

const unit = (x: readonly number[]): number[] => {
  const length = Math.sqrt(x.reduce((sum, v) => sum + v * v, 1e-12));
  return x.map((v) => v / length);
};

const dot = (x: readonly number[], y: readonly number[]): number =>
  x.reduce((sum, v, i) => sum + v * y[i], 0);

/** The fixture's loss (InfoNCE against its targets) and the slope of pooled vectors [B, H], in float64. */
function lossOf(pooled: Float32Array, reference: Reference): { loss: number; slope: Float32Array } {
  const [N, H] = reference.targets.shape as [number, number];
  const B = pooled.length / H;
  const row = (data: ArrayLike<number>, i: number) => Array.from(data).slice(i * H, (i + 1) * H);
  const candidates = Array.from({ length: N }, (_, j) => unit(row(reference.targets.data, j)));
  const slope = new Float32Array(pooled.length);
  let loss = 0;
  for (let i = 0; i < B; i++) {
    const x = row(pooled, i);
    const e = unit(x);
    const logits = candidates.map((c) => dot(c, e) / reference.temperature);
    const largest = Math.max(...logits);
    const exps = logits.map((l) => Math.exp(l - largest));
    const sum = exps.reduce((a, b) => a + b, 0);
    loss += (largest + Math.log(sum) - logits[i]) / B;
    const de = e.map((_, k) =>
      candidates.reduce((total, c, j) => {
        const weight = (exps[j] / sum - (i === j ? 1 : 0)) / reference.temperature / B;
        return total + weight * c[k];
      }, 0),
    );
    const length = Math.sqrt(x.reduce((total, v) => total + v * v, 1e-12));
    const along = dot(de, e);
    slope.set(
      de.map((v, k) => (v - along * e[k]) / length),
      i * H,
    );
  }
  return { loss, slope };
}

/** The gradient in PyTorch's orientation. */
function oriented(gradient: Float64Array, { shape, transposed }: ReferenceParameter): Float64Array {
  if (!transposed) return gradient;
  const [out, inputs] = shape as [number, number];
  return gradient.map((_, k) => gradient[(k % inputs) * out + Math.floor(k / inputs)]);
}

/** ‖difference‖ as far as the reference tells: of the whole gradient, or of its norm and projection. */
function errorOf(found: Float64Array, expected: ReferenceParameter): number {
  if (expected.gradient !== undefined) return norm(found.map((v, k) => v - expected.gradient![k]));
  const projection = found.reduce((sum, v, k) => sum + v * Math.cos(k), 0);
  return Math.max(
    Math.abs(norm(found) - expected.gradientNorm),
    Math.abs(projection - expected.gradientProjection),
  );
}

/**
 * How far float32 may be off: a few times as far as PyTorch's own float32. In half-precision files the numbers of formulas
 * (√2 as 1.4140625) are rounded as well, which PyTorch's reference does not do.
 */
function toleranceOf(name: string, reference: Reference): number {
  return name.includes("float16") ? 4e-4 : Math.max(2e-5, 4 * reference.float32GradientError);
}

async function train(name: string, packed: boolean) {
  const reference = readReference(name);
  const encoder = await prepareTiny(name);
  const pooling = reference.pooling === "lasttoken" ? "last" : reference.pooling;
  const parts = buildEmbeddingParts({ encoder, pooling, tuning: { kind: "full" }, packed });
  const { texts, padId } = tinyTexts(reference);
  const values = valuesOf(parts.backward.parameters);
  const feeds = (inputs: readonly string[]) => ({
    ...textFeeds(texts, { inputs, padId }),
    ...values,
  });
  const outputs = await runModel(parts.forward.model, feeds(parts.forward.inputs));
  const { data, shape } = outputs.embedding;
  const { loss, slope } = lossOf(data as Float32Array, reference);
  const results = await runModel(parts.backward.model, {
    ...feeds(parts.backward.inputs),
    embedding_gradient: float32(shape, slope),
  });
  return { reference, parts, loss, results };
}

describe.each(TINY_ENCODERS)("%s", (name) => {
  it.each([
    ["with padding", false],
    ["packed", true],
  ])("%s: loss and gradients are PyTorch's", async (_, packed) => {
    const { reference, parts, loss, results } = await train(name, packed);
    expect(parts.packed).toBe(packed);
    const tolerance = toleranceOf(name, reference);
    expect(Math.abs(loss / reference.loss - 1)).toBeLessThan(Math.max(1e-6, tolerance / 10));
    const byName = new Map(parts.backward.parameters.map((p) => [p.name, p]));
    const shared = new Set(Object.values(reference.shared).flatMap(({ parameters }) => parameters));
    const checked = new Set<string>();
    for (const [parameter, expected] of Object.entries(reference.parameters)) {
      if (expected.onnx === null || shared.has(parameter)) continue;
      const trained = byName.get(expected.onnx) as StepParameter;
      expect(trained, `${parameter} is trained`).toBeDefined();
      const found = oriented(denseGradient(trained, results), expected);
      const bound = tolerance * (expected.gradientNorm + 1e-3 * reference.gradientNorm);
      expect(errorOf(found, expected), parameter).toBeLessThanOrEqual(bound);
      checked.add(expected.onnx);
    }
    for (const [initializer, { gradientNorm }] of Object.entries(reference.shared)) {
      const found = norm(denseGradient(byName.get(initializer)!, results));
      const bound = tolerance * (gradientNorm + 1e-3 * reference.gradientNorm);
      expect(Math.abs(found - gradientNorm), initializer).toBeLessThanOrEqual(bound);
      checked.add(initializer);
    }
    expect([...byName.keys()].filter((own) => !checked.has(own))).toEqual([]);
  });

  it("tells layers and decay", async () => {
    const encoder = await prepareTiny(name);
    const { parameters } = readReference(name);
    const layerOf = new Map(encoder.weights.map((weight) => [weight.name, weight.layer]));
    expect(encoder.depth).toBe(2);
    for (const [parameter, { onnx }] of Object.entries(parameters)) {
      if (onnx === null || parameter.includes("albert_layers")) continue;
      const told = /layer\.(\d)\./.exec(parameter)?.[1];
      // A bias of several layers belongs to the first of them.
      const expected = told === undefined ? -1 : Number(told);
      expect(layerOf.get(onnx), parameter).toBeLessThanOrEqual(expected);
      if (!name.includes("shared")) expect(layerOf.get(onnx), parameter).toBe(expected);
    }
  });
});
