import { batchCursor, type PlannedBatch } from "../../dataset/batches/sampler.js";
import { internal } from "../../errors/internal.js";
import { usageError } from "../../errors/user-error.js";
import type { TextBatch } from "../../training/batches/batch-maker.js";
import { makeBatch } from "../../training/batches/run-texts.js";
import type { TrainingPlan } from "../../training/plan/plan.js";
import type { TorchLoss } from "./torch-loss.js";

/** A line of batches.jsonl. Texts are numbers of lines of texts.jsonl. */
interface BatchLine {
  /** Texts by column, row by row: anchor, positive, first negative, …; or the two sentences. */
  readonly columns: readonly (readonly number[])[];
  /** Score, 0 or 1, or margin of each row. */
  readonly labels?: readonly number[] | undefined;
  /** [row, candidate]: what is no negative of an anchor. Candidates are numbered column by column from the positives on. */
  readonly removed?: readonly (readonly [number, number])[] | undefined;
  /** Candidates that stand for a negative that a row has not: removed for all anchors. */
  readonly absent?: readonly number[] | undefined;
}

/** The batches of all updates of a run, in its order: `accumulate` of them an update. */
export function* recipeBatches(plan: TrainingPlan, loss: TorchLoss): Generator<BatchLine> {
  const cursor = batchCursor(plan.sampler);
  const count = plan.steps * plan.settings.accumulate;
  for (let i = 0; i < count; i++) {
    const planned = cursor.next();
    const line = batchLine(makeBatch(plan, planned));
    yield loss.masks === "all" ? line : unmasked(line, loss, planned);
  }
}

function batchLine({ texts, constants }: TextBatch): BatchLine {
  const { labels, scores, teacher, mask } = constants;
  const given = scores ?? labels ?? teacher;
  const columns = columnsOf(texts);
  return {
    columns,
    labels: given && Array.from(given.data as Float32Array, Number),
    ...(mask && removedBy(mask.data as Uint8Array, columns)),
  };
}

function columnsOf(texts: TextBatch["texts"]): number[][] {
  const { anchors, positives, negatives, sentence1, sentence2 } = texts;
  const first = anchors ?? sentence1;
  const second = positives ?? sentence2;
  if (first === undefined || second === undefined) return internal("a batch of other columns");
  const rows = first.length;
  const perRow = (negatives?.length ?? 0) / rows;
  const explicit = Array.from({ length: perRow }, (_, k) =>
    Array.from({ length: rows }, (__, i) => negatives?.[i * perRow + k] ?? -1),
  );
  return [[...first], [...second], ...explicit];
}

/** The mask [B,N], whose negatives stand row by row, by candidates that stand column by column. */
function removedBy(
  mask: Uint8Array,
  columns: readonly (readonly number[])[],
): Pick<BatchLine, "removed" | "absent"> {
  const rows = columns[0].length;
  const perRow = columns.length - 2;
  const width = rows * (1 + perRow);
  const place = (column: number): number => {
    if (column < rows) return column;
    const own = column - rows;
    return rows * (1 + (own % perRow)) + Math.floor(own / perRow);
  };
  const absent: number[] = [];
  const removed: [number, number][] = [];
  for (let column = 0; column < width; column++) {
    const by = Array.from({ length: rows }, (_, row) => row).filter(
      (row) => mask[row * width + column] === 1,
    );
    if (by.length === rows) absent.push(place(column));
    else for (const row of by) removed.push([row, place(column)]);
  }
  return {
    removed: removed.length === 0 ? undefined : removed,
    absent: absent.length === 0 ? undefined : absent,
  };
}

/** The batch without what its loss would not look at. Usage error where it would have to leave texts out. */
function unmasked(
  line: BatchLine,
  { masks }: TorchLoss,
  { epoch, batch }: Pick<PlannedBatch, "epoch" | "batch">,
): BatchLine {
  const rows = line.columns[0].length;
  const isOwn = ([row, candidate]: readonly [number, number]): boolean =>
    candidate >= rows && candidate % rows === row;
  const removed = line.removed?.filter((one) => masks === "none" || isOwn(one)) ?? [];
  if (removed.length === 0 && line.absent === undefined) return { ...line, removed: undefined };
  throw usageError(
    "no-torch-mask",
    `--recipe torch cannot leave single candidates out of this loss, and batch ${batch + 1} of epoch ${epoch + 1} has false or missing negatives`,
    "give each row as many negatives and no text that others have, or train with embtune",
  );
}
