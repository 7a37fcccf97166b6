import type { Comparison } from "../evaluation/bootstrap.js";
import type { RunRecord } from "../training/run-folder/run-folder.js";
import { signed, times100 } from "./scores.js";
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
  const reasons = {
    given: "as --interpolate asks",
    search: "chosen on these rows, so its figure is optimistic",
    folds:
      "chosen by the folds, whose figures are of heads that learnt from fewer rows than the one that goes out",
  };
  const chosen = `α ${alpha} goes out${by === "given" ? "," : ":"} ${reasons[by]}`;
  return [
    "along the line (1−α)·start + α·tuned, ×100:",
    table,
    `${chosen}; another: embtune export ${run} --interpolate 0.5 --to DIR`,
  ].join("\n");
}

/**
 * Why what training started from goes out: what was measured, how sure that is, and how to get the last step all the same, a sentence each;
 * none where something else goes out.
 */
export function startSentences({ metric, result }: RunRecord, run: string): string[] {
  if (result?.bestStep !== 0) return [];
  const { interpolation, passedOver, scores, step, unchanged = true } = result;
  const goesOut = unchanged
    ? "the base goes out unchanged"
    : "the base goes out with the head as it started (principal components)";
  if (interpolation?.by === "given") return [`${goesOut}, as --interpolate 0 asks`];
  const on = scores === undefined ? "" : ` on ${scores.file} (${scores.rows} rows)`;
  const what = interpolation === undefined ? "step" : "point of the line";
  const last = interpolation === undefined ? `${run}:${step}` : `${run} --interpolate 1`;
  return [
    `no ${what} had a better ${metric} than ${unchanged ? "the base" : "its start"}${on}, so ${goesOut}`,
    ...sureness(passedOver, unchanged ? "the base" : "its start"),
    `the last step all the same: embtune export ${last} --to DIR`,
  ];
}

function sureness(end: Comparison | undefined, start: string): string[] {
  if (end === undefined) return [];
  const { difference, interval } = end;
  const open =
    interval.low <= 0 && interval.high >= 0
      ? ": these rows cannot tell which of the two is better; more of them could (--eval FILE)"
      : "";
  return [
    `the end of training against ${start}: ${signed(difference)} (95 % ${signed(interval.low)}..${signed(interval.high)})${open}`,
  ];
}
