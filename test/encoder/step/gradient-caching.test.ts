import { describe, expect, it } from "vitest";
import { uniformDropout } from "../../../src/encoder/dropout-config.js";
import { buildCachedLoss, buildEmbeddingParts } from "../../../src/encoder/step/cached-step.js";
import { dropoutFeeds } from "../../../src/encoder/step/dropout-feeds.js";
import {
  buildEncoderStep,
  type EncoderStepOptions,
} from "../../../src/encoder/step/encoder-step.js";
import type { StepParameter } from "../../../src/encoder/step/parameters.js";
import { textFeeds } from "../../../src/encoder/step/text-feeds.js";
import type { Tuning } from "../../../src/encoder/step/trained-weights.js";
import { bool, float32, int64, type Tensor } from "../../../src/math/tensor.js";
import { objectiveNamed } from "../../../src/objectives/registry.js";
import { resolveOptions } from "../../../src/objectives/resolve.js";
import type { ObjectiveInput } from "../../../src/objectives/roles.js";
import { createMaskFiller } from "../../../src/optim/dropout-mask.js";
import { feedsInFloat64, inFloat64 } from "../../support/float64-model.js";
import { randomTensor } from "../../support/gradient-check.js";
import { runModel } from "../../support/run-graph.js";
import { denseGradients, norm, prepareTiny } from "./tiny-encoder.js";

type Tensors = Record<string, Tensor>;
type Run = (model: Uint8Array, feeds: Tensors) => Promise<Tensors>;

const H = 16;
/** Seven texts in three chunks; three of them are anchors, text 2 stands in two roles of two chunks. */
const TEXTS = [9, 3, 17, 2, 6, 12, 4].map((length, i) =>
  Int32Array.from({ length }, (_, t) => (t === 0 ? 2 : 5 + ((7 * i + 11 * t) % 50))),
);
const CHUNKS = [
  [0, 3],
  [3, 4],
  [4, 7],
] as const;
const slots = (...places: number[]): Tensor => int64([places.length], places);
const ROLES: Tensors = {
  anchors: slots(0, 1, 2),
  positives: slots(3, 4, 5),
  negatives: slots(6, 2, 0),
};
const QUEUE: Tensors = {
  queue: random([5, H], 3),
  mask: bool(
    [3, 11],
    Array.from({ length: 33 }, (_, i) => i % 11 === 8),
  ),
};

function random(shape: readonly number[], seed: number): Tensor {
  return randomTensor(shape, { dtype: "float32", seed });
}

/** Single precision, and double with the same models and numbers. */
const single: Run = (model, feeds) => runModel(model, feeds);
const double: Run = (model, feeds) => runModel(inFloat64(model), feedsInFloat64(feeds));

async function optionsFor(tuning: Tuning, withQueue: boolean): Promise<EncoderStepOptions> {
  const definition = objectiveNamed("infonce");
  const roles: ObjectiveInput[] = ["anchors", "positives", "negatives"];
  return {
    // Its activation has a kernel for float64, which Erf has not.
    encoder: await prepareTiny("bert-relu-torchscript-17"),
    pooling: "mean",
    tuning,
    objective: { definition, options: resolveOptions(definition, { temperature: 0.1 }) },
    roles: withQueue ? [...roles, "mask", "queue"] : roles,
    negatives: 1,
    dropout: uniformDropout(0.2),
  };
}

/** Values away from the start: with B = 0 an adapter's A has no gradient. */
function valuesOf(parameters: readonly StepParameter[]): Tensors {
  const values = parameters.map(({ name, shape, data, owner }, i): [string, Tensor] => {
    return [name, owner === "adapter" ? random(shape, i + 1) : float32(shape, data!)];
  });
  return Object.fromEntries(values);
}

const filler = createMaskFiller();
const ROWS = random([TEXTS.reduce((sum, { length }) => sum + length, 0), H], 7);

/** Inputs of the texts from `start` to `end`: ids or what enters the boundary, with the masks of the whole batch. */
function feedsOf(
  {
    inputs,
    boundary,
    dropout,
  }: Pick<ReturnType<typeof buildEncoderStep>, "inputs" | "boundary" | "dropout">,
  [start, end]: readonly [number, number],
): Tensors {
  const own = TEXTS.slice(start, end);
  const lengths = own.map(({ length }) => length);
  const count = (texts: readonly Int32Array[]) => texts.reduce((sum, t) => sum + t.length, 0);
  const firstRow = count(TEXTS.slice(0, start));
  const masks = dropoutFeeds(filler, dropout, { lengths, firstRow, seed: 1, step: 4 });
  const feeds = { ...textFeeds(own, { inputs, padId: 0 }), ...masks };
  if (boundary === undefined) return feeds;
  const data = (ROWS.data as Float32Array).slice(firstRow * H, (firstRow + count(own)) * H);
  return { ...feeds, [boundary]: float32([count(own), H], data) };
}

interface Outcome {
  readonly loss: number;
  readonly gradients: ReadonlyMap<string, Float64Array>;
  readonly candidates: readonly number[] | undefined;
}

async function plainOutcome(options: EncoderStepOptions, own: Tensors, run: Run): Promise<Outcome> {
  const step = buildEncoderStep(options);
  const feeds = { ...feedsOf(step, [0, TEXTS.length]), ...own, ...valuesOf(step.parameters) };
  const outputs = await run(step.model, feeds);
  return outcome(outputs, step, denseGradients(step.parameters, outputs));
}

async function cachedOutcome(
  options: EncoderStepOptions,
  own: Tensors,
  run: Run,
): Promise<Outcome> {
  const { forward, backward, ...part } = buildEmbeddingParts(options);
  const objective = buildCachedLoss(options);
  const values = valuesOf(backward.parameters);
  const vectors: number[] = [];
  for (const chunk of CHUNKS) {
    const feeds = feedsOf({ ...part, inputs: forward.inputs }, chunk);
    const { embedding } = await run(forward.model, { ...feeds, ...values });
    vectors.push(...Array.from(embedding.data, Number));
  }
  const embedding = { ...random([TEXTS.length, H], 1), data: Float64Array.from(vectors) };
  const outputs = await run(objective.model, { ...own, embedding: asGiven(embedding, run) });
  const slopes = Array.from(outputs[objective.embeddingGradient].data, Number);
  const sums = new Map<string, Float64Array>();
  for (const chunk of CHUNKS) {
    const [start, end] = chunk;
    const slope = Float64Array.from(slopes.slice(start * H, end * H));
    const given = { ...random([end - start, H], 1), data: slope };
    const feeds = feedsOf({ ...part, inputs: backward.inputs }, chunk);
    const embedding_gradient = asGiven(given, run);
    const gradients = denseGradients(
      backward.parameters,
      await run(backward.model, { ...feeds, ...values, embedding_gradient }),
    );
    for (const [name, gradient] of gradients)
      sums.set(
        name,
        gradient.map((x, k) => x + (sums.get(name)?.[k] ?? 0)),
      );
  }
  return outcome(outputs, objective, sums);
}

/** Numbers that one run gives to the next, in the precision of the runs. */
function asGiven({ shape, data }: Tensor, run: Run): Tensor {
  if (run === double) return { dtype: "float64", shape, data };
  return float32(shape, Float32Array.from(data as Float64Array));
}

function outcome(
  outputs: Tensors,
  { loss, candidates }: { readonly loss: string; readonly candidates?: string | undefined },
  gradients: ReadonlyMap<string, Float64Array>,
): Outcome {
  const found = candidates === undefined ? undefined : outputs[candidates];
  return {
    loss: Number(outputs[loss].data[0]),
    gradients,
    candidates: found && Array.from(found.data, Number),
  };
}

/** ‖x − y‖ / ‖y‖ of the tensor where it is largest; those whose gradient is 0 but for rounding have to be so in both. */
function largestError(x: Outcome["gradients"], y: Outcome["gradients"], rounding: number): number {
  expect([...x.keys()]).toEqual([...y.keys()]);
  const floor = rounding * norm([...y.values()].map(norm));
  const errors = [...y].map(([name, gradient]) => {
    const found = x.get(name)!;
    if (norm(gradient) > floor) return norm(found.map((v, i) => v - gradient[i])) / norm(gradient);
    expect(norm(found)).toBeLessThanOrEqual(floor);
    return 0;
  });
  expect(errors.filter((error) => error > 0).length).toBeGreaterThan(3);
  return Math.max(...errors);
}

const tunings: readonly Tuning[] = [
  { kind: "full" },
  { kind: "last", layers: 1 },
  { kind: "lora", rank: 2, alpha: 4, targets: ["query", "value"], seed: 1 },
];
const cases = tunings.flatMap((tuning) =>
  [false, true].map((withQueue) => ({ tuning, kind: tuning.kind, withQueue })),
);

describe("gradient caching with dropout", () => {
  it.each(cases)("equals the plain step: $kind, a queue: $withQueue", async (one) => {
    const options = await optionsFor(one.tuning, one.withQueue);
    const own = one.withQueue ? { ...ROLES, ...QUEUE } : ROLES;
    for (const [run, tolerance, rounding] of [
      [single, 1e-5, 1e-6],
      [double, 1e-9, 1e-12],
    ] as const) {
      const plain = await plainOutcome(options, own, run);
      const cached = await cachedOutcome(options, own, run);
      expect(largestError(cached.gradients, plain.gradients, rounding)).toBeLessThan(tolerance);
      expect(Math.abs(cached.loss / plain.loss - 1)).toBeLessThan(tolerance);
      expect(plain.candidates?.length).toBe(one.withQueue ? 6 * H : undefined);
      plain.candidates?.forEach((value, i) => {
        expect(Math.abs(cached.candidates![i] - value)).toBeLessThan(tolerance);
      });
    }
  });

  it("has other gradients with other masks and with a queue", async () => {
    const options = await optionsFor({ kind: "full" }, true);
    const { dropout: _, ...without } = options;
    const own = { ...ROLES, ...QUEUE };
    const { gradients } = await plainOutcome(options, own, double);
    const bare = await plainOutcome(without, own, double);
    const unqueued = await plainOutcome(await optionsFor({ kind: "full" }, false), ROLES, double);
    expect(largestError(bare.gradients, gradients, 1e-12)).toBeGreaterThan(1e-2);
    expect(largestError(unqueued.gradients, gradients, 1e-12)).toBeGreaterThan(1e-3);
  });
});
