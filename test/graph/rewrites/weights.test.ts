import { describe, expect, it } from "vitest";
import { GraphBuilder } from "../../../src/graph/builder.js";
import { emptyGraph, type Graph, type Value } from "../../../src/graph/ir.js";
import * as ops from "../../../src/graph/ops/index.js";
import { weightsOf } from "../../../src/graph/rewrites/weights.js";
import { float32, type Tensor } from "../../../src/math/tensor.js";
import { randomTensor } from "../../support/gradient-check.js";

const H = 8;

interface Parts {
  readonly b: GraphBuilder;
  /** [B, T, H] */
  readonly x: Value;
  /** Positions [T]. */
  readonly t: Value;
  readonly put: (name: string, shape: readonly number[]) => Value;
}

/** Names of the weights of a graph that does something with token vectors, the word table aside. */
function weights(body: (parts: Parts) => Value, stored?: readonly string[]): string[] {
  const b = new GraphBuilder({
    ...emptyGraph("part"),
    stored: stored === undefined ? undefined : new Set(["words", ...stored]),
  } satisfies Graph);
  const ids = b.input("input_ids", "int64", ["B", "T"]);
  const put = (name: string, shape: readonly number[]): Value =>
    b.initializer(name, randomTensor(shape, { dtype: "float32", seed: shape.length }));
  const x = ops.gather(b, put("words", [20, H]), ids);
  b.output(body({ b, x, t: ops.range(b, ops.dimOf(b, ids, 1)), put }));
  return weightsOf(b.graph)
    .map(({ name }) => name)
    .filter((name) => name !== "words");
}

/** Sines and cosines by position (Vaswani 2017, section 3.5). */
function sinusoids(rows: number): Tensor {
  const data = Float32Array.from({ length: rows * H }, (_, i) => {
    const [position, k] = [Math.floor(i / H), i % H];
    const angle = position / 10_000 ** (Math.floor(k / 2) / (H / 2));
    return k % 2 === 0 ? Math.sin(angle) : Math.cos(angle);
  });
  return float32([rows, H], data);
}

const cases: Readonly<Record<string, readonly [(p: Parts) => Value, readonly string[]]>> = {
  "a matrix, its bias and a scale": [
    ({ b, x, put }) =>
      ops.mul(b, ops.add(b, ops.matmul(b, x, put("w", [H, H])), put("bias", [H])), put("g", [H])),
    ["w", "bias", "g"],
  ],
  "a matrix that is cut in the graph": [
    ({ b, x, put }) => {
      const [q, k] = ops.split(b, put("joint", [H, 2 * H]), [H, H], 1);
      return ops.add(b, ops.matmul(b, x, q), ops.matmul(b, x, k));
    },
    ["joint"],
  ],
  "positions that are learnt, looked up": [
    ({ b, x, t, put }) => ops.add(b, x, ops.gather(b, put("positions", [12, H]), t)),
    ["positions"],
  ],
  "positions that are learnt, cut to length": [
    ({ b, x, put }) => {
      const end = ops.unsqueeze(b, ops.dimOf(b, x, 1), [0]);
      const own = ops.slice(b, put("positions", [1, 12, H]), { axis: 1, end });
      b.graph.types.set(own.name, { dtype: "float32", shape: [1, "T", H] });
      return ops.add(b, x, b.value(own.name));
    },
    ["positions"],
  ],
  "not frequencies of a rotation": [
    ({ b, x, t, put }) => {
      const angles = ops.mul(b, ops.unsqueeze(b, ops.cast(b, t, "float32"), [1]), put("f", [1, H]));
      return ops.mul(b, x, b.op("Cos", [angles]));
    },
    [],
  ],
  "not a table of cosines that positions choose from": [
    ({ b, x, t, put }) =>
      ops.mul(b, x, ops.unsqueeze(b, ops.gather(b, put("cos", [12, H]), t), [0])),
    [],
  ],
  "not sines that are added": [
    ({ b, x, t }) => ops.add(b, x, ops.gather(b, b.initializer("sin", sinusoids(12)), t)),
    [],
  ],
  "not slopes of distances": [
    ({ b, x, t, put }) => {
      const distance = ops.cast(
        b,
        ops.sub(b, ops.unsqueeze(b, t, [1]), ops.unsqueeze(b, t, [0])),
        "float32",
      );
      const bias = ops.mul(b, ops.unsqueeze(b, distance, [0]), put("slopes", [4, 1, 1]));
      const scores = ops.matmul(b, x, ops.transpose(b, x, [0, 2, 1]));
      return ops.add(b, ops.unsqueeze(b, scores, [1]), bias);
    },
    [],
  ],
};

describe("weights are", () => {
  it.each(Object.entries(cases))("%s", (_, [body, expected]) => {
    expect(weights(body)).toEqual(expected);
  });

  it("never what the file has no initializer for", () => {
    const body = ({ b, x, put }: Parts): Value =>
      ops.add(b, ops.matmul(b, x, put("w", [H, H])), put("invented", [H]));
    expect(weights(body, ["w"])).toEqual(["w"]);
  });
});
