import type { DatasetOf } from "../dataset/rows/row-types.js";
import type { EncoderInfo } from "../encoder/encoder.js";
import type { MinedRows } from "./choose-negatives.js";

/** Rows with mined negatives and how they were found. */
export interface Mined extends MinedRows {
  readonly dataset: DatasetOf<"pair">;
  readonly candidates: number;
  readonly model: EncoderInfo;
  readonly judge?: EncoderInfo | undefined;
}
