import type { BatchShape } from "../../objectives/definition.js";
import type { ConfiguredObjective } from "../../objectives/loss.js";
import type { TextBatch } from "./batch-maker.js";

/** What is known of a batch before it is trained on. */
export interface BatchFigures {
  /** The loss of vectors that tell nothing; absent where the objective has no such level. */
  readonly chance?: number | undefined;
  /** Share of the candidates of other rows that are masked as false negatives; absent where nothing is masked. */
  readonly masked?: number | undefined;
}

/** The level of chance of a batch, and its share of known false negatives. */
export function batchFigures(
  { definition, options }: ConfiguredObjective,
  { texts, constants }: Pick<TextBatch, "texts" | "constants">,
): BatchFigures {
  const counts = Object.values(texts).map(({ length }) => length);
  const rows = Math.max(1, (texts.anchors ?? texts.embeddings ?? texts.sentence1 ?? []).length);
  const negatives = (texts.negatives?.length ?? 0) / rows;
  const columns = texts.positives === undefined ? 0 : rows * (1 + negatives);
  const mask = constants.mask === undefined ? undefined : maskOf(constants.mask.data, rows);
  const inBatch = options.inBatch !== false;
  const shape: BatchShape = {
    rows,
    negatives,
    candidates: inBatch ? columns - (mask?.perRow ?? 0) : 1 + negatives,
    texts: counts.reduce((sum, count) => sum + count, 0),
  };
  const level = definition.chance?.(options, shape);
  const prefixes = (options.dims as readonly number[]).length;
  const weights = options.weights as readonly number[];
  const times = weights.length > 0 ? weights.reduce((sum, w) => sum + w, 0) : Math.max(1, prefixes);
  return {
    chance: level !== undefined && Number.isFinite(level) ? times * level : undefined,
    masked: inBatch ? mask?.share : undefined,
  };
}

/** Columns that are removed for every row only fill up missing negatives: they are no false ones. */
function maskOf(data: ArrayLike<number | bigint>, rows: number) {
  const columns = data.length / rows;
  const removed = Array.from({ length: columns }, (_, j) => {
    let count = 0;
    for (let i = 0; i < rows; i++) count += Number(data[i * columns + j]);
    return count;
  });
  const real = removed.filter((count) => count < rows);
  const falseOnes = real.reduce((sum, count) => sum + count, 0);
  return {
    perRow: removed.reduce((sum, count) => sum + count, 0) / rows,
    share: falseOnes / Math.max(1, real.length * (rows - 1)),
  };
}
