import type { GraphBuilder } from "../builder.js";
import { mulDims } from "../dimension.js";
import { type Dim, int, type Value } from "../ir.js";
import {
  concat,
  div,
  gather,
  gatherRows,
  minimum,
  reshape,
  scalar,
  shapeOf,
  slice,
  sub,
  vector,
} from "../ops/index.js";

/** Names of the inputs that say where tokens stand. */
export const TOKEN_INPUTS = {
  /** [R] int64: the place b·T + t of each real token among the B·T of the padded batch, in rising order. */
  rows: "token_rows",
  /** [B·T] int64: the row of each place, R where it is padding. */
  slots: "token_slots",
  /** [R] int64: the place g·S + s of each real token among the G·S of attention, the tokens of a text side by side. */
  attentionRows: "attention_rows",
  /** [G, S] int64: the row of each place in attention, R where it is empty. */
  attentionSlots: "attention_slots",
} as const;

/** Number of real tokens. */
export const ROWS: Dim = "R";

/**
 * Conversions between rows of real tokens [R, …] and the padded batch [B, T, …], and the index tensors they need, each made
 * once. Padding gets the last row's numbers where a batch is filled, and a gradient of zero.
 */
export class TokenIndex {
  readonly b: GraphBuilder;
  private readonly text: Value;
  private readonly rows: Value;
  private readonly slots: Value;
  private readonly made = new Map<string, Value>();

  /** `text` [B, T]: any of the encoder's inputs of that shape. */
  constructor(b: GraphBuilder, text: Value) {
    this.b = b;
    this.text = text;
    this.rows = b.input(TOKEN_INPUTS.rows, "int64", [ROWS]);
    this.slots = b.input(TOKEN_INPUTS.slots, "int64", [this.places]);
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
    const { b, text } = this;
    const filled = this.once("filled", () =>
      minimum(b, reshape(b, this.slots, shapeOf(b, text), text.shape), this.lastRow()),
    );
    return gatherRows(b, x, { indices: filled, inverse: this.rows, all: true });
  }

  /** t of each row [R]. */
  position(): Value {
    return this.once("position", () => this.b.op("Mod", [this.rows, this.length()]));
  }

  /** b of each row [R]. */
  textOf(): Value {
    return this.once("text", () => div(this.b, this.rows, this.length()));
  }

  /** T as [1]. */
  length(): Value {
    return this.once("T", () =>
      this.b.op("Shape", [this.text], { attributes: { start: int(1), end: int(2) } }),
    );
  }

  /** R */
  rowCount(): Value {
    return this.once("R", () => this.b.op("Size", [this.rows]));
  }

  /** R − 1 */
  lastRow(): Value {
    return this.once("R-1", () => sub(this.b, this.rowCount(), scalar(this.b, 1, "int64")));
  }

  /** A shape of numbers and the sizes of batch and text, as Reshape takes it. */
  measured(shape: readonly (number | "batch" | "tokens")[]): Value {
    const { b } = this;
    const sizes = this.once("sizes", () => shapeOf(b, this.text));
    const parts = shape.map((dim) => {
      if (typeof dim === "number") return vector(b, [dim]);
      const axis = dim === "batch" ? 0 : 1;
      return slice(b, sizes, { axis: 0, start: axis, end: axis + 1 });
    });
    return concat(b, parts, 0);
  }

  private get places(): Dim {
    return mulDims(this.text.shape[0], this.text.shape[1]);
  }

  private once(key: string, make: () => Value): Value {
    const known = this.made.get(key) ?? make();
    this.made.set(key, known);
    return known;
  }
}
