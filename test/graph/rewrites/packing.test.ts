import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { attentionGroups } from "../../../src/encoder/step/attention-groups.js";
import { textFeeds } from "../../../src/encoder/step/text-feeds.js";
import { GraphBuilder } from "../../../src/graph/builder.js";
import { emptyGraph, type Graph, type Value } from "../../../src/graph/ir.js";
import * as ops from "../../../src/graph/ops/index.js";
import { cloneGraph } from "../../../src/graph/rewrite.js";
import { attentionSites } from "../../../src/graph/rewrites/attention.js";
import { splitAt } from "../../../src/graph/rewrites/split.js";
import { packTokens } from "../../../src/graph/rewrites/token-rows.js";
import { verify } from "../../../src/graph/verify.js";
import { randomTensor } from "../../support/gradient-check.js";
import { runGraph } from "../../support/run-graph.js";

/** An attention layer whose parts can be exchanged. H = 4, two heads of 2. */
interface LayerForm {
  readonly mask?: (b: GraphBuilder, scores: Value, mask: Value) => Value;
  /** What is done with the result [B, T, H]. */
  readonly behind?: (b: GraphBuilder, context: Value) => Value;
  /** What enters, from the embeddings [B, T, H]. */
  readonly before?: (b: GraphBuilder, x: Value) => Value;
}

const TEXT = ["B", "T"];

function weight(b: GraphBuilder, name: string, shape: readonly number[]): Value {
  const seed = [...name].reduce((sum, letter) => sum + letter.charCodeAt(0), shape.length);
  return b.initializer(name, randomTensor(shape, { dtype: "float32", seed }));
}

function additive(b: GraphBuilder, scores: Value, mask: Value): Value {
  const kept = ops.cast(b, ops.unsqueeze(b, mask, [1, 2]), "float32");
  const removed = ops.sub(b, ops.scalarLike(b, 1, kept), kept);
  return ops.add(b, scores, ops.mul(b, removed, ops.scalarLike(b, -10000, kept)));
}

function overwriting(b: GraphBuilder, scores: Value, mask: Value): Value {
  const dropped = ops.equal(b, ops.unsqueeze(b, mask, [1, 2]), ops.scalar(b, 0, "int64"));
  const shape = ops.shapeOf(b, scores);
  const everywhere = ops.expand(b, dropped, shape, scores.shape);
  return ops.where(b, everywhere, ops.scalarLike(b, -3.4028234663852886e38, scores), scores);
}

function choosing(b: GraphBuilder, scores: Value, mask: Value): Value {
  const kept = ops.cast(b, ops.unsqueeze(b, mask, [1, 2]), "bool");
  return ops.where(b, kept, scores, ops.scalarLike(b, -1e9, scores));
}

/** A mask that also hides later tokens, and a bias by distance, as other attentions have. */
function causal(b: GraphBuilder, scores: Value, mask: Value): Value {
  const t = ops.range(b, ops.dimOf(b, mask, 1));
  const distance = ops.sub(b, ops.unsqueeze(b, t, [1]), ops.unsqueeze(b, t, [0]));
  const earlier = ops.greaterOrEqual(b, distance, ops.scalar(b, 0, "int64"));
  const row = weight(b, "distances", [16, 2]);
  const table = ops.gather(b, row, ops.abs(b, distance));
  const bias = ops.unsqueeze(b, ops.transpose(b, table, [2, 0, 1]), [0]);
  const hidden = ops.where(b, earlier, bias, ops.scalarLike(b, -1e9, bias));
  return additive(b, ops.add(b, scores, hidden), mask);
}

function writeLayer({ mask = additive, behind, before }: LayerForm): Graph {
  const b = new GraphBuilder(emptyGraph("layer"));
  const ids = b.input("input_ids", "int64", TEXT);
  const attention = b.input("attention_mask", "int64", TEXT);
  const embedded = ops.gather(b, weight(b, "words", [20, 4]), ids);
  const x = before?.(b, embedded) ?? embedded;
  const heads = (name: string, perm: readonly number[]): Value => {
    const projected = ops.add(
      b,
      ops.matmul(b, x, weight(b, `${name}.w`, [4, 4])),
      weight(b, `${name}.b`, [4]),
    );
    const cut = ops.reshape(b, projected, [0, 0, 2, 2], ["B", "T", 2, 2]);
    return ops.transpose(b, cut, perm);
  };
  const [q, k, v] = [heads("q", [0, 2, 1, 3]), heads("k", [0, 2, 3, 1]), heads("v", [0, 2, 1, 3])];
  const scores = ops.div(b, ops.matmul(b, q, k), ops.scalarLike(b, Math.SQRT2, q));
  const weights = ops.softmax(b, mask(b, scores, attention));
  const mixed = ops.transpose(b, ops.matmul(b, weights, v), [0, 2, 1, 3]);
  const context = ops.reshape(b, mixed, [0, 0, 4], ["B", "T", 4]);
  b.output(ops.add(b, behind?.(b, context) ?? context, x));
  return b.graph;
}

const TEXTS = [5, 2, 9, 1, 3].map((length, i) =>
  Int32Array.from({ length }, (_, t) => (3 * i + 7 * t) % 20),
);

/** Token vectors of real tokens. */
async function tokenVectors(graph: Graph): Promise<number[]> {
  const inputs = graph.inputs.map(({ name }) => name);
  const output = graph.outputs[0];
  const { shape, data } = (await runGraph(graph, textFeeds(TEXTS, { inputs, padId: 0 })))[output];
  const [, T, H] = shape as [number, number, number];
  return TEXTS.flatMap(({ length }, b) => [
    ...(data as Float32Array).slice(b * T * H, (b * T + length) * H),
  ]);
}

const pack = (graph: Graph) => packTokens(graph, { attentionMask: "attention_mask" });

describe("packing", () => {
  it.each(Object.entries({ additive, overwriting, choosing, causal }))(
    "computes the same with a mask that is %s",
    async (_, mask) => {
      const graph = writeLayer({ mask });
      const expected = await tokenVectors(graph);
      expect(pack(graph)).toEqual({ name: "packing", applied: 1, note: "" });
      expect(verify(graph)).toEqual([]);
      const found = await tokenVectors(graph);
      for (const [i, value] of expected.entries()) expect(found[i]).toBeCloseTo(value, 5);
    },
  );

  it("takes what is the same for a text or a position along", async () => {
    const graph = writeLayer({
      before: (b, x) => {
        const mean = ops.reduceMean(b, x, { axes: [-1], keepDims: true });
        const t = ops.range(b, ops.dimOf(b, x, 1));
        const position = ops.gather(b, weight(b, "positions", [12, 4]), t);
        const parity = ops.gather(b, weight(b, "parities", [12, 4]), ops.unsqueeze(b, t, [0]));
        return ops.add(b, ops.add(b, ops.sub(b, x, mean), position), parity);
      },
    });
    const expected = await tokenVectors(graph);
    expect(pack(graph).applied).toBe(1);
    const found = await tokenVectors(graph);
    for (const [i, value] of expected.entries()) expect(found[i]).toBeCloseTo(value, 5);
  });

  it("leaves a graph as it is, and says why", () => {
    const refused: Readonly<Record<string, readonly [LayerForm, RegExp]>> = {
      unmasked: [{ mask: (_, scores) => scores }, /^attention does not mask padding$/],
      mixing: [
        { behind: (b, x) => ops.sub(b, x, ops.reduceMean(b, x, { axes: [1], keepDims: true })) },
        /^ReduceMean ".*" mixes tokens$/,
      ],
      unmaskedAgain: [
        { mask: (b, scores, mask) => ops.tanh(b, additive(b, scores, mask)) },
        /^attention does not mask padding$/,
      ],
    };
    for (const [form, reason] of Object.values(refused)) {
      const graph = writeLayer(form);
      const before = cloneGraph(graph);
      const { applied, note } = pack(graph);
      expect(applied).toBe(0);
      expect(note).toMatch(reason);
      expect(graph).toEqual(before);
    }
  });

  it("packs a table of token vectors, which has no attention", () => {
    const b = new GraphBuilder(emptyGraph("bag"));
    const ids = b.input("attention_mask", "int64", TEXT);
    b.output(ops.gather(b, weight(b, "words", [20, 4]), ids));
    expect(pack(b.graph)).toMatchObject({ applied: 1, note: "" });
    const [looked] = b.graph.nodes.filter(({ inputs }) => inputs[0] === "words");
    expect(b.graph.types.get(looked.outputs[0])?.shape).toEqual(["R", 4]);
  });
});

describe("attention", () => {
  it("is found with its heads", () => {
    const { sites, unknown } = attentionSites(writeLayer({}), TEXT);
    expect(unknown).toBe(0);
    expect(sites).toMatchObject([{ heads: 2, headSize: 2 }]);
  });
});

describe("cutting", () => {
  it("cuts where one tensor passes, and not where a residual goes beside", () => {
    const whole = writeLayer({ before: (b, x) => ops.tanh(b, x) });
    const [site] = attentionSites(whole, TEXT).sites;
    const writer = whole.nodes.find(({ op }) => op === "Tanh")!;
    const parts = splitAt(whole, writer.outputs[0], TEXT)!;
    expect(parts.prefix.nodes.map(({ op }) => op)).toEqual(["Gather", "Tanh"]);
    expect(parts.suffix.inputs.map(({ name }) => name)).toContain(writer.outputs[0]);
    expect(parts.suffix.nodes).toHaveLength(whole.nodes.length - 2);
    expect(splitAt(whole, site.query, TEXT)).toBeUndefined();
  });
});

describe("groups of attention", () => {
  const lengths = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 60 });

  it("hold every text once, whole, without overlap, in few groups", () => {
    fc.assert(
      fc.property(lengths, (own) => {
        const S = Math.max(...own);
        const { groups, firstPlaces } = attentionGroups(own);
        const taken = new Set<number>();
        own.forEach((length, i) => {
          const first = firstPlaces[i];
          expect((first % S) + length).toBeLessThanOrEqual(S);
          for (let t = 0; t < length; t++) taken.add(first + t);
        });
        const total = own.reduce((sum, length) => sum + length, 0);
        expect(taken.size).toBe(total);
        expect(Math.max(...taken)).toBeLessThan(groups * S);
        expect(groups).toBeLessThanOrEqual(
          Math.ceil((11 / 9) * Math.max(total / S, own.filter((l) => l > S / 2).length)) + 1,
        );
      }),
    );
  });

  it("are none for no texts", () => {
    expect(attentionGroups([]).groups).toBe(0);
  });
});
