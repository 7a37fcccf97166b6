import type { DatasetOf } from "../dataset/rows/row-types.js";
import type { EncoderInfo } from "../encoder/encoder.js";
import type { MinedRows } from "./choose-negatives.js";

/** Which part of the rows was mined, and what all parts have in common. */
export interface MinedPart {
  /** From 1. */
  readonly index: number;
  readonly of: number;
  /** Number of its first row, from 0, and of all rows. */
  readonly first: number;
  readonly total: number;
  /** What the choice depends on: files, models, rules. */
  readonly from: Readonly<Record<string, unknown>>;
}

/** Rows with mined negatives and how they were found. */
export interface Mined extends MinedRows {
  readonly dataset: DatasetOf<"pair">;
  readonly candidates: number;
  readonly model: EncoderInfo;
  readonly judge?: EncoderInfo | undefined;
  /** With --shard. */
  readonly part?: MinedPart | undefined;
}
