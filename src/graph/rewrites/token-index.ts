import { int64 } from "../../math/tensor.js";
import type { GraphBuilder } from "../builder.js";
import { mulDims } from "../dimension.js";
import { type Dim, int, type Value } from "../ir.js";
import {
  add,
  div,
  gather,
  gatherRows,
  minimum,
  mul,
  reshape,
  scalar,
  shapeOf,
  sub,
  unsqueeze,
} from "../ops/index.js";

/** Names of the inputs that say where tokens stand. */
export const TOKEN_INPUTS = {
  /** [R] int64: the place b·T + t of each real token among the B·T of the padded batch, in rising order. */
  rows: "token_rows",
  /** [B·T] int64: the row of each place, R where it is padding. */
  slots: "token_slots",
} as const;

/** Number of real tokens. */
export const ROWS: Dim = "R";

/**
 * Conversions between rows of real tokens [R, …] and the padded batch [B, T, …], and the index tensors they need, each made
 * once. Padding gets the last row's numbers where a batch is filled, and a gradient of zero.
 */
export class TokenIndex {
  private readonly b: GraphBuilder;
  /** [B, T], any of the encoder's inputs of that shape. */
  private readonly text: Value;
  private readonly rows: Value;
  private readonly slots: Value;
  private readonly made = new Map<string, Value>();

  constructor(b: GraphBuilder, text: Value) {
    const [B, T] = text.shape as [Dim, Dim];
    this.b = b;
    this.text = text;
    this.rows = b.input(TOKEN_INPUTS.rows, "int64", [ROWS]);
    this.slots = b.input(TOKEN_INPUTS.slots, "int64", [mulDims(B, T)]);
  }

  /** Elements [B, T, …] of the padded batch as rows [R, …]. */
  toRows(x: Value): Value {
    const { b } = this;
    const tail = x.shape.slice(2) as number[];
    const places = reshape(b, x, [-1, ...tail], [this.places, ...tail]);
    if (!x.dtype.startsWith("float")) return gather(b, places, this.rows);
    return gatherRows(b, places, { indices: this.rows, inverse: this.slots });
  }

  /** What is the same for all texts, [T, …], as rows [R, …]. */
  byPosition(x: Value): Value {
    return gather(this.b, x, this.position());
  }

  /** What is the same for all tokens of a text, [B, …], as rows [R, …]. */
  byText(x: Value): Value {
    return gather(this.b, x, this.textOf());
  }

  /** Rows [R, F] as a padded batch [B, T, F]. */
  toBatch(x: Value): Value {
    const filled = this.once("filled", () => minimum(this.b, this.matrix(), this.lastRow()));
    return gatherRows(this.b, x, { indices: filled, inverse: this.rows, all: true });
  }

  /** Rows [R, h·d] as heads of a padded batch [B, h, T, d]. */
  toHeads(x: Value, heads: number, size: number): Value {
    const { b } = this;
    const cut = reshape(b, x, [-1, size], [mulDims(ROWS, heads), size]);
    const inverse = this.flat(`places ${heads}`, () => this.headPlaces(heads));
    return gatherRows(b, cut, { indices: this.headRows(heads), inverse, all: true });
  }

  /** Heads of a padded batch [B, h, T, d] as rows [R, h·d]. */
  fromHeads(x: Value, heads: number, size: number): Value {
    const { b } = this;
    const all = mulDims(this.places, heads);
    const cut = reshape(b, x, [-1, size], [all, size]);
    const inverse = this.flat(`rows or zero ${heads}`, () => this.headRowsOrEnd(heads));
    const rows = gatherRows(b, cut, { indices: this.headPlaces(heads), inverse });
    return reshape(b, rows, [-1, heads * size], [ROWS, heads * size]);
  }

  private get places(): Dim {
    return mulDims(this.text.shape[0]!, this.text.shape[1]!);
  }

  private once(key: string, make: () => Value): Value {
    const known = this.made.get(key) ?? make();
    this.made.set(key, known);
    return known;
  }

  private flat(key: string, make: () => Value): Value {
    return this.once(`flat ${key}`, () => reshape(this.b, make(), [-1]));
  }

  private size(axis: number): Value {
    return this.once(`size ${axis}`, () =>
      this.b.op("Shape", [this.text], { attributes: { start: int(axis), end: int(axis + 1) } }),
    );
  }

  /** t of each row [R]. */
  private position(): Value {
    return this.once("position", () => this.b.op("Mod", [this.rows, this.size(1)]));
  }

  /** b of each row [R]. */
  private textOf(): Value {
    return this.once("text", () => div(this.b, this.rows, this.size(1)));
  }

  /** The slots as [B, T]. */
  private matrix(): Value {
    const { b, text } = this;
    return this.once("matrix", () => reshape(b, this.slots, shapeOf(b, text), text.shape));
  }

  private rowCount(): Value {
    return this.once("R", () => this.b.op("Size", [this.rows]));
  }

  private lastRow(): Value {
    const { b } = this;
    return this.once("R-1", () => sub(b, this.rowCount(), scalar(b, 1, "int64")));
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

  /** row·h + j for the slot of token t of text b and head j: [B, h, T]. */
  private headRowsOf(slots: Value, heads: number): Value {
    const { b } = this;
    const scaled = mul(b, unsqueeze(b, slots, [1]), scalar(b, heads, "int64"));
    return add(b, scaled, unsqueeze(b, this.range(heads), [1]));
  }

  private headRows(heads: number): Value {
    return this.once(`rows ${heads}`, () =>
      this.headRowsOf(minimum(this.b, this.matrix(), this.lastRow()), heads),
    );
  }

  /** As `headRows`, R·h at padding. */
  private headRowsOrEnd(heads: number): Value {
    const { b } = this;
    return this.once(`rows or end ${heads}`, () => {
      const end = mul(b, this.rowCount(), scalar(b, heads, "int64"));
      return minimum(b, this.headRowsOf(this.matrix(), heads), end);
    });
  }

  /** (b·h + j)·T + t for each row and head: [R, h]. */
  private headPlaces(heads: number): Value {
    const { b } = this;
    return this.once(`places ${heads}`, () => {
      const first = mul(b, this.textOf(), scalar(b, heads, "int64"));
      const head = add(b, unsqueeze(b, first, [1]), this.range(heads));
      return add(b, mul(b, head, this.size(1)), unsqueeze(b, this.position(), [1]));
    });
  }
}
