import type { GraphBuilder } from "../../graph/builder.js";
import { int, type Value } from "../../graph/ir.js";
import { gather, range, slice, squeeze } from "../../graph/ops/index.js";
import { int64 } from "../../math/tensor.js";

/** What an encoder reads: B texts of T tokens each. */
export interface TextInputs {
  /** input_ids [B, T] */
  readonly ids: Value;
  /** attention_mask [B, T]: 1 at tokens, 0 at padding, which is at the end. */
  readonly mask: Value;
  /** T as an int64 vector [1]. */
  readonly length: Value;
  /** 0 … T − 1 [T] */
  readonly positions: Value;
}

/** Declares the inputs that every encoder has. */
export function textInputs(b: GraphBuilder): TextInputs {
  const ids = b.input("input_ids", "int64", ["B", "T"]);
  const mask = b.input("attention_mask", "int64", ["B", "T"]);
  const length = b.op("Shape", [ids], { attributes: { start: int(1), end: int(2) } });
  return { ids, mask, length, positions: range(b, squeeze(b, length, [0])) };
}

/** The input token_type_ids [B, T]: zeros for texts that stand alone. */
export function tokenTypes(b: GraphBuilder): Value {
  return b.input("token_type_ids", "int64", ["B", "T"]);
}

/** The first T rows of a table of positions: [1, T, H]. */
export function positionRows(b: GraphBuilder, table: Value, { length }: TextInputs): Value {
  const count = Number(table.shape[0]);
  const all = b.constant(
    int64(
      [1, count],
      BigInt64Array.from({ length: count }, (_, i) => BigInt(i)),
    ),
  );
  return gather(b, table, slice(b, all, { axis: 1, start: 0, end: length }));
}

/** One row of a table for every token: [1, 1, H]. */
export function constantRow(b: GraphBuilder, table: Value, row: number): Value {
  return gather(b, table, b.constant(int64([1, 1], [row])));
}
