import { int64 } from "../../math/tensor.js";
import type { GraphBuilder } from "../builder.js";
import { mulDims } from "../dimension.js";
import { type Dim, int, type Shape, type Value } from "../ir.js";
import {
  add,
  and,
  div,
  equal,
  gather,
  gatherRows,
  less,
  minimum,
  mul,
  reshape,
  scalar,
  transpose,
  unsqueeze,
  where,
} from "../ops/index.js";
import { ROWS, TOKEN_INPUTS, type TokenIndex } from "./token-index.js";

/**
 * The layout in which packed tokens attend: G groups of S places, each group filled with whole texts side by side (Krell 2021,
 * "Efficient Sequence Packing without Cross-contamination"). Within a group a token attends to its own text alone.
 */
export class AttentionIndex {
  private readonly b: GraphBuilder;
  private readonly tokens: TokenIndex;
  private readonly rows: Value;
  /** [G, S] */
  private readonly slots: Value;
  private readonly made = new Map<string, Value>();

  constructor(tokens: TokenIndex) {
    this.b = tokens.b;
    this.tokens = tokens;
    this.rows = this.b.input(TOKEN_INPUTS.attentionRows, "int64", [ROWS]);
    this.slots = this.b.input(TOKEN_INPUTS.attentionSlots, "int64", ["G", "S"]);
  }

  /** Rows [R, h·d] as heads [G, h, S, d]. */
  toHeads(x: Value, heads: number, size: number): Value {
    const { b } = this;
    const cut = reshape(b, x, [-1, size], [mulDims(ROWS, heads), size]);
    const inverse = this.flat(`places ${heads}`, () => this.headPlaces(heads));
    return gatherRows(b, cut, { indices: this.headRows(heads), inverse, all: true });
  }

  /** Heads [G, h, S, d] as rows [R, h·d]. */
  fromHeads(x: Value, heads: number, size: number): Value {
    const { b } = this;
    const all = mulDims(mulDims("G", "S"), heads);
    const cut = reshape(b, x, [-1, size], [all, size]);
    const inverse = this.flat(`rows or end ${heads}`, () => this.headRowsOrEnd(heads));
    const rows = gatherRows(b, cut, { indices: this.headPlaces(heads), inverse });
    return reshape(b, rows, [-1, heads * size], [ROWS, heads * size]);
  }

  /** Whether query and key of a pair of places are tokens of the same text: [G, 1, S, S] bool. */
  sameText(): Value {
    const { b } = this;
    return this.once("same text", () => {
      const texts = this.ofPlace("text", this.tokens.textOf());
      const real = this.once("real", () => less(b, this.slots, this.tokens.rowCount()));
      const same = and(b, equal(b, ...pair(b, texts)), and(b, ...pair(b, real)));
      return unsqueeze(b, same, [1]);
    });
  }

  /**
   * What masks or biases a pair of tokens in the padded batch, [B|1, h|1, T|1, T|1], for the pairs of places [G, h|1, S, S].
   * Pairs of different texts get what a token has for itself.
   */
  pairs(x: Value): Value {
    const { b } = this;
    const shape = x.shape.length < 4 ? [...Array(4 - x.shape.length).fill(1), ...x.shape] : x.shape;
    const [, heads, queries, keys] = shape as [Dim, number, Dim, Dim];
    const index = this.pairIndex(shape);
    if (heads === 1) {
      const list = reshape(b, x, [-1], [mulDims(mulDims(shape[0]!, queries), keys)]);
      return unsqueeze(b, gather(b, list, index), [1]);
    }
    const last = transpose(b, x, x.shape.length === 3 ? [1, 2, 0] : [0, 2, 3, 1]);
    const list = reshape(b, last, [-1, heads], [mulDims(mulDims(shape[0]!, queries), keys), heads]);
    return transpose(b, gather(b, list, index), [0, 3, 1, 2]);
  }

  /** Where a pair of places finds its element of [B|1, T|1, T|1]: [G, S, S]. */
  private pairIndex(shape: Shape): Value {
    const { b, tokens } = this;
    const [batch, , queries, keys] = shape.map((dim) => dim !== 1);
    return this.once(`pairs ${[batch, queries, keys]}`, () => {
      const zero = scalar(b, 0, "int64");
      const [query, key] = pair(b, this.ofPlace("position", tokens.position()));
      const own = squeezeHeads(b, this.sameText());
      let index = batch ? unsqueeze(b, this.ofPlace("text", tokens.textOf()), [2]) : zero;
      if (queries) index = add(b, mul(b, index, tokens.length()), query);
      if (keys) index = add(b, mul(b, index, tokens.length()), where(b, own, key, query));
      return index;
    });
  }

  /** What each row has, for each place [G, S]; empty places get the last row's. */
  private ofPlace(key: string, perRow: Value): Value {
    const { b } = this;
    return this.once(`${key} of place`, () => gather(b, perRow, this.filled()));
  }

  private filled(): Value {
    return this.once("filled", () => minimum(this.b, this.slots, this.tokens.lastRow()));
  }

  /** row·h + j for head j of each place: [G, h, S]. */
  private headRowsOf(slots: Value, heads: number): Value {
    const { b } = this;
    const scaled = mul(b, unsqueeze(b, slots, [1]), scalar(b, heads, "int64"));
    return add(b, scaled, unsqueeze(b, this.range(heads), [1]));
  }

  private headRows(heads: number): Value {
    return this.once(`rows ${heads}`, () => this.headRowsOf(this.filled(), heads));
  }

  /** As `headRows`, R·h at empty places. */
  private headRowsOrEnd(heads: number): Value {
    const { b } = this;
    return this.once(`rows or end ${heads}`, () => {
      const end = mul(b, this.tokens.rowCount(), scalar(b, heads, "int64"));
      return minimum(b, this.headRowsOf(this.slots, heads), end);
    });
  }

  /** (g·h + j)·S + s for each row and head: [R, h]. */
  private headPlaces(heads: number): Value {
    const { b } = this;
    return this.once(`places ${heads}`, () => {
      const size = b.op("Shape", [this.slots], { attributes: { start: int(1), end: int(2) } });
      const group = mul(b, div(b, this.rows, size), scalar(b, heads, "int64"));
      const head = add(b, unsqueeze(b, group, [1]), this.range(heads));
      return add(b, mul(b, head, size), unsqueeze(b, b.op("Mod", [this.rows, size]), [1]));
    });
  }

  /** 0 … h−1 */
  private range(heads: number): Value {
    return this.b.constant(
      int64(
        [heads],
        Array.from({ length: heads }, (_, j) => j),
      ),
    );
  }

  private flat(key: string, make: () => Value): Value {
    return this.once(`flat ${key}`, () => reshape(this.b, make(), [-1]));
  }

  private once(key: string, make: () => Value): Value {
    const known = this.made.get(key) ?? make();
    this.made.set(key, known);
    return known;
  }
}

/** x of the query and of the key: [G, S, 1] and [G, 1, S]. */
function pair(b: GraphBuilder, x: Value): [Value, Value] {
  return [unsqueeze(b, x, [2]), unsqueeze(b, x, [1])];
}

/** [G, 1, S, S] → [G, S, S] */
function squeezeHeads(b: GraphBuilder, x: Value): Value {
  return b.op("Squeeze", [x, b.constant(int64([1], [1]))]);
}
