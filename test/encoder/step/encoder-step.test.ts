import { describe, expect, it } from "vitest";
import { uniformDropout } from "../../../src/encoder/dropout-config.js";
import { headSpec, initialHead } from "../../../src/encoder/head.js";
import { embedForward } from "../../../src/encoder/step/cached-step.js";
import { dropoutFeeds } from "../../../src/encoder/step/dropout-feeds.js";
import {
  buildEncoderStep,
  type EncoderStep,
  type EncoderStepOptions,
} from "../../../src/encoder/step/encoder-step.js";
import { textFeeds } from "../../../src/encoder/step/text-feeds.js";
import { serialize } from "../../../src/graph/lower.js";
import { mergeLowRank } from "../../../src/graph/rewrites/low-rank.js";
import { float32, int64, type Tensor } from "../../../src/math/tensor.js";
import { objectiveNamed } from "../../../src/objectives/registry.js";
import { resolveOptions } from "../../../src/objectives/resolve.js";
import { createMaskFiller } from "../../../src/optim/dropout-mask.js";
import { randomTensor } from "../../support/gradient-check.js";
import { runModel } from "../../support/run-graph.js";
import { denseGradients, largestDifference, norm, prepareTiny, valuesOf } from "./tiny-encoder.js";

type Tensors = Record<string, Tensor>;

const objective = (name: string, options = {}) => {
  const definition = objectiveNamed(name);
  return { definition, options: resolveOptions(definition, options) };
};

/** Seven texts of very different lengths; three of them are anchors, text 2 stands in two roles. */
const TEXTS = [9, 3, 17, 2, 6, 12, 4].map((length, i) =>
  Int32Array.from({ length }, (_, t) => (t === 0 ? 2 : 5 + ((7 * i + 11 * t) % 50))),
);
const ROLES = { anchors: [0, 1, 2], positives: [3, 4, 5], negatives: [6, 2, 0] };

const roleFeeds = (): Tensors =>
  Object.fromEntries(
    Object.entries(ROLES).map(([role, places]) => [role, int64([places.length], places)]),
  );

async function optionsFor(
  name: string,
  changes: Partial<EncoderStepOptions> = {},
): Promise<EncoderStepOptions> {
  return {
    encoder: await prepareTiny(name),
    pooling: "mean",
    tuning: { kind: "full" },
    objective: objective("infonce", { temperature: 0.1 }),
    roles: ["anchors", "positives", "negatives"],
    negatives: 1,
    ...changes,
  };
}

type Trained = Pick<EncoderStep, "model" | "parameters" | "inputs" | "loss">;

/** Loss and gradients; `values` take the place of start values. */
async function run(step: Trained, extra: Tensors = {}) {
  const feeds = { ...textFeeds(TEXTS, { inputs: step.inputs, padId: 0 }), ...roleFeeds() };
  const outputs = await runModel(step.model, { ...feeds, ...valuesOf(step.parameters), ...extra });
  const loss = Number(outputs[step.loss]?.data[0]);
  return { loss, gradients: denseGradients(step.parameters, outputs), outputs };
}

describe("a step of the encoder", () => {
  it.each([
    "bert-torchscript-14",
    "xlm-r-sdpa-dynamo-20",
    "mpnet-torchscript-14",
    "albert-dynamo-18",
  ])("%s: packed and with padding, loss and gradients are the same", async (name) => {
    const options = await optionsFor(name);
    const packed = buildEncoderStep(options);
    const padded = buildEncoderStep({ ...options, packed: false });
    expect([packed.packed, padded.packed]).toEqual([true, false]);
    const [x, y] = [await run(packed), await run(padded)];
    expect(Math.abs(x.loss / y.loss - 1)).toBeLessThan(1e-6);
    expect([...x.gradients.keys()]).toEqual([...y.gradients.keys()]);
    expect(largestDifference(x.gradients, y.gradients)).toBeLessThan(2e-5);
  });

  it("trains everything but the pooler, decays matrices only, and has tables as rows", async () => {
    const step = buildEncoderStep(await optionsFor("bert-pooler-sdpa-torchscript-16"));
    expect(step.parameters).toHaveLength(5 + 2 * 16);
    for (const { decay, shape, owner } of step.parameters) {
      expect(owner).toBe("encoder");
      expect(decay).toBe(shape.length > 1);
    }
    const sparse = step.parameters.filter(({ gradient }) => gradient.kind === "sparse");
    expect(sparse.map(({ name }) => name.split(".").at(-2))).toEqual([
      "word_embeddings",
      "position_embeddings",
      "token_type_embeddings",
    ]);
    expect(step.notes.filter(({ note }) => note !== "")).toEqual([]);
    expect(Object.fromEntries(step.notes.map((note) => [note.name, note.applied]))).toEqual({
      "finite masks": 2,
      "layer normalisation": 5,
      gelu: 2,
      attention: 2,
      packing: 2,
      linear: 12,
    });
  });

  it("follows the slope of its loss", async () => {
    const step = buildEncoderStep(await optionsFor("bert-torchscript-14"));
    const { gradients } = await run(step);
    const weights = step.parameters.filter(({ gradient }) => gradient.kind === "dense");
    const h = 2e-3 / norm(weights.map(({ name }) => norm(gradients.get(name)!)));
    const moved = (sign: number): Tensors =>
      Object.fromEntries(
        weights.map(({ name, shape, data }) => {
          const slope = gradients.get(name)!;
          return [
            name,
            float32(
              shape,
              data!.map((x, i) => x + sign * h * slope[i]),
            ),
          ];
        }),
      );
    const [up, down] = [await run(step, moved(1)), await run(step, moved(-1))];
    const slope = weights.reduce((sum, { name }) => sum + norm(gradients.get(name)!) ** 2, 0);
    expect((up.loss - down.loss) / (2 * h) / slope).toBeCloseTo(1, 2);
  });

  it("leaves the embeddings alone when they are frozen", async () => {
    const options = await optionsFor("electra-torchscript-13");
    const step = buildEncoderStep({
      ...options,
      tuning: { kind: "full", freezeEmbeddings: true },
    });
    expect(step.parameters.every(({ layer }) => layer >= 0)).toBe(true);
    const full = await run(buildEncoderStep(options));
    const some = await run(step);
    const same = new Map([...full.gradients].filter(([name]) => some.gradients.has(name)));
    expect(largestDifference(some.gradients, same)).toBeLessThan(1e-6);
  });

  it("trains a head and an objective's own scalars with it", async () => {
    const spec = headSpec(16, { kind: "mlp" });
    const start = initialHead(spec, { seed: 1 });
    const step = buildEncoderStep(
      await optionsFor("bert-torchscript-14", {
        head: { spec, side: "query", start },
        objective: objective("sigmoid"),
      }),
    );
    const own = step.parameters.filter(({ owner }) => owner !== "encoder");
    expect(own.map(({ name, layer }) => [name, layer])).toEqual([
      ["head.hidden.weight", 2],
      ["head.hidden.bias", 2],
      ["head.output.weight", 2],
      ["head.output.bias", 2],
      ["logScale", 2],
      ["bias", 2],
    ]);
    const { gradients } = await run(step, {
      logScale: float32([], [Math.log(10)]),
      bias: float32([], [-10]),
    });
    for (const { name } of own.slice(2)) expect(norm(gradients.get(name)!)).toBeGreaterThan(0);
  });
});

describe("tuning the last layers", () => {
  it.each(["bert-torchscript-14", "mpnet-dynamo-20", "distilbert-torchscript-11"])(
    "%s: has the full step's gradients for them, from the boundary and from ids",
    async (name) => {
      const options = await optionsFor(name);
      const full = await run(buildEncoderStep(options));
      const tuning = { kind: "last", layers: 1 } as const;
      const whole = buildEncoderStep({ ...options, tuning, split: false });
      const cut = buildEncoderStep({ ...options, tuning });
      expect(whole.parameters.every(({ layer }) => layer === 1)).toBe(true);
      expect(cut.parameters.map((p) => p.name)).toEqual(whole.parameters.map((p) => p.name));
      expect(cut.inputs).not.toContain("input_ids");
      const expected = new Map(cut.parameters.map((p) => [p.name, full.gradients.get(p.name)!]));
      expect(largestDifference((await run(whole)).gradients, expected)).toBeLessThan(1e-6);
      const rows = await boundaryRows(options, cut);
      const behind = await run(cut, { [cut.boundary!]: rows });
      expect(Math.abs(behind.loss / full.loss - 1)).toBeLessThan(1e-6);
      expect(largestDifference(behind.gradients, expected)).toBeLessThan(3e-5);
      expect(cut.nodes).toBeLessThan(whole.nodes);
    },
  );

  it("begins with ids when all layers are trained", async () => {
    const options = await optionsFor("bert-torchscript-14");
    const step = buildEncoderStep({ ...options, tuning: { kind: "last", layers: 3 } });
    expect(step.boundary).toBeUndefined();
  });
});

/** What enters the boundary of a cut step, as rows of real tokens, from the encoder as it was imported. */
async function boundaryRows(options: EncoderStepOptions, cut: EncoderStep): Promise<Tensor> {
  const { graph } = options.encoder;
  const bytes = serialize({ ...graph, outputs: [cut.boundary!] });
  const inputs = graph.inputs.map(({ name }) => name);
  const outputs = await runModel(bytes, textFeeds(TEXTS, { inputs, padId: 0 }));
  const { shape, data } = outputs[cut.boundary!];
  const [, T, H] = shape as [number, number, number];
  const rows = TEXTS.flatMap(({ length }, b) => [
    ...(data as Float32Array).slice(b * T * H, (b * T + length) * H),
  ]);
  return float32([rows.length / H, H], rows);
}

describe("low-rank adaptation", () => {
  const tuning = { kind: "lora", rank: 2, alpha: 6, targets: ["query", "value"], seed: 3 } as const;

  it("starts at the base model and has the gradients that follow from ∂W", async () => {
    const options = await optionsFor("bert-torchscript-14");
    const full = buildEncoderStep(options);
    const lora = buildEncoderStep({ ...options, tuning });
    const [base, adapted] = [await run(full), await run(lora)];
    expect(Math.abs(adapted.loss / base.loss - 1)).toBeLessThan(1e-6);
    expect(lora.adapters.map(({ layer, roles }) => `${layer} ${roles}`)).toEqual([
      "0 query",
      "0 value",
      "1 query",
      "1 value",
    ]);
    expect(lora.parameters).toHaveLength(8);
    for (const { weight, a, b, scale } of lora.adapters) {
      const { shape, data } = lora.parameters.find(({ name }) => name === a)!;
      const [rank, inputs] = shape as [number, number];
      expect(Math.max(...data!.map(Math.abs))).toBeLessThanOrEqual(1 / Math.sqrt(inputs));
      expect(norm(adapted.gradients.get(a)!)).toBe(0);
      // ∂B[o, r] = scale · Σ_i ∂W[i, o] A[r, i]
      const dW = base.gradients.get(weight)!;
      const outputs = dW.length / inputs;
      const dB = Float64Array.from({ length: outputs * rank }, (_, k) => {
        const [o, r] = [Math.floor(k / rank), k % rank];
        let sum = 0;
        for (let i = 0; i < inputs; i++) sum += dW[i * outputs + o] * data![r * inputs + i];
        return scale * sum;
      });
      const found = adapted.gradients.get(b)!;
      expect(norm(found.map((x, k) => x - dB[k])) / norm(dB)).toBeLessThan(1e-5);
    }
  });

  it.each(["albert-torchscript-12", "distilbert-sdpa-dynamo-21"])(
    "%s: merged weights give the adapted vectors",
    async (name) => {
      const options = await optionsFor(name, { tuning: { ...tuning, targets: ["all-linear"] } });
      const lora = buildEncoderStep(options);
      const values = valuesOf(lora.parameters);
      for (const { b } of lora.adapters) {
        const { shape } = values[b];
        values[b] = randomTensor(shape, { dtype: "float32", low: -0.2, high: 0.2, seed: 7 });
      }
      const adapted = await run(lora, values);
      const encoder = await prepareTiny(name);
      for (const { weight, a, b, scale } of lora.adapters) {
        const merged = mergeLowRank(encoder.graph.initializers.get(weight)!, {
          a: values[a],
          b: values[b],
          scale,
        });
        encoder.graph.initializers.set(weight, merged);
      }
      const merged = await run(buildEncoderStep({ ...options, encoder, tuning: { kind: "full" } }));
      const base = await run(lora);
      expect(Math.abs(adapted.loss / base.loss - 1)).toBeGreaterThan(1e-3);
      expect(Math.abs(adapted.loss / merged.loss - 1)).toBeLessThan(2e-5);
    },
  );

  it("has 6 adapters a layer for all linear maps, one for each weight that layers share", async () => {
    const all = { ...tuning, targets: ["all-linear"] } as const;
    const bert = buildEncoderStep(await optionsFor("bert-torchscript-14", { tuning: all }));
    const albert = buildEncoderStep(await optionsFor("albert-dynamo-18", { tuning: all }));
    expect([bert.adapters.length, albert.adapters.length]).toEqual([12, 6]);
  });
});

describe("dropout", () => {
  const rate = 0.2;
  const lengths = TEXTS.map(({ length }) => length);

  const masks = (step: EncoderStep): Tensors =>
    dropoutFeeds(createMaskFiller(), step.dropout, { lengths, seed: 5, step: 9 });

  it("stands at BERT's places", async () => {
    const dropout = uniformDropout(rate);
    const step = buildEncoderStep(await optionsFor("bert-torchscript-14", { dropout }));
    const places = step.dropout.map(({ name, shape }) => `${name} [${shape}]`);
    expect(places.sort()).toEqual([
      "dropout.0.attention [G,2,S,S]",
      "dropout.0.attention-output [R,16]",
      "dropout.0.feed-forward [R,16]",
      "dropout.1.attention [G,2,S,S]",
      "dropout.1.attention-output [R,16]",
      "dropout.1.feed-forward [R,16]",
      "dropout.embeddings [R,16]",
    ]);
  });

  it.each(["bert-torchscript-14", "minilm-sdpa-torchscript-20", "electra-dynamo-18"])(
    "%s: the same masks give the same loss and gradients packed and with padding",
    async (name) => {
      const options = await optionsFor(name, { dropout: uniformDropout(rate) });
      const packed = buildEncoderStep(options);
      const padded = buildEncoderStep({ ...options, packed: false });
      const x = await run(packed, masks(packed));
      const y = await run(padded, masks(padded));
      const none = await run(buildEncoderStep(await optionsFor(name)));
      expect(Math.abs(x.loss / none.loss - 1)).toBeGreaterThan(1e-3);
      expect(Math.abs(x.loss / y.loss - 1)).toBeLessThan(2e-6);
      expect(largestDifference(x.gradients, y.gradients)).toBeLessThan(3e-5);
    },
  );

  it("leaves places with rate 0 out", async () => {
    const dropout = { attention: 0.1, embeddings: 0 };
    const step = buildEncoderStep(await optionsFor("bert-torchscript-14", { dropout }));
    expect(step.dropout.map(({ name }) => name)).toEqual([
      "dropout.0.attention",
      "dropout.1.attention",
    ]);
  });
});

describe("gradient caching", () => {
  it("embeds without gradients", async () => {
    const options = await optionsFor("bert-torchscript-14");
    const forward = embedForward(options);
    expect(forward.nodes).toBeLessThan(0.6 * buildEncoderStep(options).nodes);
  });
});
