import { describe, expect, it } from "vitest";
import { textFeeds } from "../../../src/encoder/step/text-feeds.js";
import { GraphBuilder } from "../../../src/graph/builder.js";
import { emptyGraph, type Graph, type Value } from "../../../src/graph/ir.js";
import * as ops from "../../../src/graph/ops/index.js";
import { packTokens } from "../../../src/graph/rewrites/token-rows.js";
import { transformerLayers } from "../../../src/graph/rewrites/transformer-layers.js";
import { verify } from "../../../src/graph/verify.js";
import { randomTensor } from "../../support/gradient-check.js";
import { runGraph } from "../../support/run-graph.js";

const TEXT = ["B", "T"];
const H = 8;
const HEADS = 4;
const SIZE = 2;
const TEXTS = [5, 2, 7, 1, 3].map((length, i) =>
  Int32Array.from({ length }, (_, t) => (3 * i + 7 * t) % 20),
);

/** What an attention is written with. */
interface Parts {
  readonly b: GraphBuilder;
  /** [B, T, H] */
  readonly x: Value;
  readonly mask: Value;
  /** 0 … T−1 */
  readonly t: Value;
  readonly weight: (name: string, shape: readonly number[]) => Value;
}

/** An attention block with a residual connection, in the form that `attend` writes from the input to the context [B, T, H]. */
function write(attend: (parts: Parts) => Value): Graph {
  const b = new GraphBuilder(emptyGraph("layer"));
  const ids = b.input("input_ids", "int64", TEXT);
  const mask = b.input("attention_mask", "int64", TEXT);
  const weight = (name: string, shape: readonly number[]): Value => {
    const seed = [...name].reduce((sum, letter) => sum + letter.charCodeAt(0), shape.length);
    return b.initializer(name, randomTensor(shape, { dtype: "float32", seed }));
  };
  const x = ops.gather(b, weight("words", [20, H]), ids);
  const t = ops.range(b, ops.dimOf(b, ids, 1));
  const context = attend({ b, x, mask, t, weight });
  b.output(ops.add(b, ops.matmul(b, context, weight("out", [H, H])), x));
  return b.graph;
}

/** −10,000 at padding, [B, 1, 1, T]. */
function padding({ b, mask }: Parts): Value {
  const kept = ops.cast(b, ops.unsqueeze(b, mask, [1, 2]), "float32");
  return ops.mul(b, ops.sub(b, ops.scalarLike(b, 1, kept), kept), ops.scalarLike(b, -1e4, kept));
}

function heads({ b, x, weight }: Parts, name: string, count = HEADS): Value {
  const product = ops.matmul(b, x, weight(name, [H, count * SIZE]));
  const cut = ops.reshape(b, product, [0, 0, count, SIZE], ["B", "T", count, SIZE]);
  return ops.transpose(b, cut, [0, 2, 1, 3]);
}

function merged(b: GraphBuilder, context: Value): Value {
  return ops.reshape(b, ops.transpose(b, context, [0, 2, 1, 3]), [0, 0, H], ["B", "T", H]);
}

function attention(p: Parts, [q, k, v]: readonly Value[], masks: readonly Value[]): Value {
  const { b } = p;
  const scores = ops.matmul(b, q, ops.transpose(b, k, [0, 1, 3, 2]));
  const logits = masks.reduce((sum, mask) => ops.add(b, sum, mask), scores);
  return ops.matmul(b, ops.softmax(b, logits), v);
}

/** Pairs of neighbouring features turned by position, as GPT-J does. */
function interleaved({ b, t }: Parts, x: Value): Value {
  const angle = ops.unsqueeze(b, ops.cast(b, t, "float32"), [0, 1, 3]);
  const [cos, sin] = ["Cos", "Sin"].map((op) => b.op(op, [angle]));
  const even = ops.slice(b, x, { axis: 3, start: 0, end: SIZE, step: 2 });
  const odd = ops.slice(b, x, { axis: 3, start: 1, end: SIZE, step: 2 });
  const real = ops.sub(b, ops.mul(b, even, cos), ops.mul(b, odd, sin));
  const other = ops.add(b, ops.mul(b, even, sin), ops.mul(b, odd, cos));
  const both = ops.concat(b, [ops.unsqueeze(b, real, [4]), ops.unsqueeze(b, other, [4])], 4);
  const shape = ["B", Number(x.shape[1]), "T", SIZE];
  return ops.reshape(b, both, [0, 0, 0, SIZE], shape);
}

/** Divided by the root of the mean square over a head's features. */
function normalized({ b, weight }: Parts, x: Value, name: string): Value {
  const square = ops.reduceMean(b, ops.mul(b, x, x), { axes: [-1], keepDims: true });
  const root = ops.sqrt(b, ops.add(b, square, ops.scalarLike(b, 1e-6, x)));
  return ops.mul(b, ops.mul(b, x, ops.reciprocal(b, root)), weight(name, [SIZE]));
}

/** 0 where a key is at or before the query and at most `window` before it, else −10,000: [1, 1, T, T]. */
function causal({ b, t }: Parts, window: number): Value {
  const distance = ops.sub(b, ops.unsqueeze(b, t, [1]), ops.unsqueeze(b, t, [0]));
  const seen = ops.and(
    b,
    ops.greaterOrEqual(b, distance, ops.scalar(b, 0, "int64")),
    ops.lessOrEqual(b, distance, ops.scalar(b, window, "int64")),
  );
  const zero = ops.cast(b, ops.unsqueeze(b, distance, [0, 1]), "float32");
  const none = ops.mul(b, zero, ops.scalarLike(b, 0, zero));
  return ops.where(b, seen, none, ops.scalarLike(b, -1e4, none));
}

const forms: Readonly<Record<string, (p: Parts) => Value>> = {
  "rotations of neighbouring features": (p) => {
    const [q, k] = ["query", "key"].map((name) => interleaved(p, heads(p, name)));
    return merged(p.b, attention(p, [q, k, heads(p, "value")], [padding(p)]));
  },
  "normalised heads, causal in a window": (p) => {
    const [q, k] = ["query", "key"].map((name) => normalized(p, heads(p, name), `${name}.norm`));
    return merged(p.b, attention(p, [q, k, heads(p, "value")], [causal(p, 2), padding(p)]));
  },
  "key and value heads that are broadcast": (p) => {
    const { b } = p;
    const groups = HEADS / 2;
    const q = ops.reshape(
      b,
      heads(p, "query"),
      [0, 2, groups, -1, SIZE],
      ["B", 2, groups, "T", SIZE],
    );
    const [k, v] = ["key", "value"].map((name) => ops.unsqueeze(b, heads(p, name, 2), [2]));
    const scores = ops.matmul(b, q, ops.transpose(b, k, [0, 1, 2, 4, 3]));
    const logits = ops.add(b, scores, ops.unsqueeze(b, padding(p), [1]));
    const context = ops.matmul(b, ops.softmax(b, logits), v);
    return merged(b, ops.reshape(b, context, [0, HEADS, -1, SIZE], ["B", HEADS, "T", SIZE]));
  },
  "tokens first, heads beside texts": (p) => {
    const { b } = p;
    const turned = ops.transpose(b, p.x, [1, 0, 2]);
    const [q, k, v] = ["query", "key", "value"].map((name) => {
      const y = ops.matmul(b, turned, p.weight(name, [H, H]));
      const cut = ops.reshape(b, y, [0, -1, SIZE], ["T", `${HEADS}*B`, SIZE]);
      return ops.transpose(b, cut, [1, 0, 2]);
    });
    const wide = ops.expand(b, padding(p), [1, HEADS, 1, 1], ["B", HEADS, 1, "T"]);
    const size = ops.concat(
      b,
      [ops.vector(b, [-1, 1]), ops.slice(b, ops.shapeOf(b, p.mask), { axis: 0, start: 1 })],
      0,
    );
    const mask = ops.reshape(b, wide, size, [`${HEADS}*B`, 1, "T"]);
    const scores = ops.add(b, ops.matmul(b, q, ops.transpose(b, k, [0, 2, 1])), mask);
    const context = ops.transpose(b, ops.matmul(b, ops.softmax(b, scores), v), [1, 0, 2]);
    const shape = ops.shapeOf(b, turned);
    return ops.transpose(b, ops.reshape(b, context, shape, ["T", "B", H]), [1, 0, 2]);
  },
  "capped scores and a slope for each head": (p) => {
    const { b, t } = p;
    const scores = ops.matmul(
      b,
      heads(p, "query"),
      ops.transpose(b, heads(p, "key"), [0, 1, 3, 2]),
    );
    const cap = ops.scalarLike(b, 2, scores);
    const capped = ops.mul(b, ops.tanh(b, ops.div(b, scores, cap)), cap);
    const distance = ops.cast(
      b,
      ops.unsqueeze(b, ops.sub(b, ops.unsqueeze(b, t, [1]), ops.unsqueeze(b, t, [0])), [0]),
      "float32",
    );
    const slopes = b.initializer(
      "slopes",
      randomTensor([HEADS, 1, 1], { dtype: "float32", seed: 3 }),
    );
    const biased = ops.add(b, capped, ops.mul(b, ops.neg(b, ops.abs(b, distance)), slopes));
    return merged(
      b,
      ops.matmul(b, ops.softmax(b, ops.add(b, biased, padding(p))), heads(p, "value")),
    );
  },
};

/** Token vectors of real tokens. */
async function tokenVectors(graph: Graph): Promise<number[]> {
  const inputs = graph.inputs.map(({ name }) => name);
  const [output] = graph.outputs;
  const { shape, data } = (await runGraph(graph, textFeeds(TEXTS, { inputs, padId: 0 })))[output];
  const [, T] = shape;
  return TEXTS.flatMap(({ length }, i) => [
    ...(data as Float32Array).slice(i * T * H, (i * T + length) * H),
  ]);
}

describe.each(Object.entries(forms))("attention with %s", (_, attend) => {
  it("is packed and computes the same", async () => {
    const graph = write(attend);
    const expected = await tokenVectors(graph);
    expect(packTokens(graph, { attentionMask: "attention_mask" })).toMatchObject({
      applied: 1,
      note: "",
    });
    expect(verify(graph)).toEqual([]);
    const found = await tokenVectors(graph);
    for (const [i, value] of expected.entries()) expect(found[i]).toBeCloseTo(value, 5);
  });

  it("tells what its linear maps do", () => {
    const { linears } = transformerLayers(write(attend), TEXT);
    const roles = linears.map(({ weight, roles: own }) => [weight, own.join()]);
    expect(Object.fromEntries(roles)).toEqual({
      query: "query",
      key: "key",
      value: "value",
      out: "attention-output",
    });
  });
});
