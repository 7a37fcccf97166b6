import type { RunRecord } from "../training/run-folder/run-folder.js";
import { times100 } from "./scores.js";
import { formatTable } from "./table.js";

/**
 * The deciding metric along the line from the start to the end of training, and which point goes out; undefined where the best checkpoint
 * does or nothing was measured.
 */
export function formatInterpolation(record: RunRecord, run: string): string | undefined {
  const { interpolation } = record.result ?? {};
  if (interpolation === undefined || interpolation.curve.length === 0) return undefined;
  const { alpha, by, curve } = interpolation;
  const table = formatTable(
    [
      { title: "α" },
      ...curve.map((point) => ({ title: String(point.alpha), align: "right" as const })),
    ],
    [[record.metric, ...curve.map(({ value }) => times100(value))]],
  );
  const chosen =
    by === "given"
      ? `α ${alpha} goes out, as --interpolate asks`
      : `α ${alpha} goes out: chosen on these rows, so its figure is optimistic`;
  return [
    "along the line (1−α)·start + α·tuned, ×100:",
    table,
    `${chosen}; another: embtune export ${run} --interpolate 0.5 --to DIR`,
  ].join("\n");
}
