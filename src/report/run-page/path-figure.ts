import type { Figure } from "../charts/figure.js";
import { type PathPoint, pathChart } from "../charts/path.js";
import { vectorWords } from "../vector-words.js";
import type { RunData } from "./run-data.js";

/** Alignment and uniformity at every evaluation (Wang and Isola 2020, figure 3); none where rows do not say which texts belong together. */
export function pathFigure({ log }: RunData): Figure[] {
  const points = log.flatMap((one) =>
    "eval" in one && one.analysis?.alignment !== undefined
      ? [
          {
            step: one.step,
            texts: one.analysis.texts,
            x: one.analysis.uniformity,
            y: one.analysis.alignment,
          },
        ]
      : [],
  );
  if (points.length < 3) return [];
  const [first, last] = [points[0], points[points.length - 1]];
  const named = points.map(
    ({ x, y, step }): PathPoint =>
      step === first.step
        ? { x, y, name: "start", model: "base" }
        : step === last.step
          ? { x, y, name: `step ${step}`, model: "tuned" }
          : { x, y },
  );
  return [
    {
      title: "Alignment and uniformity by step",
      caption:
        `Of ${first.texts} texts of the selecting data, at each evaluation. ${vectorWords.uniformity} ${vectorWords.alignment} So left and down is good. ` +
        `From ${shown(first)} at step ${first.step} to ${shown(last)} at step ${last.step} (uniformity, alignment).`,
      panels: [{ spec: pathChart(named, { x: "uniformity", y: "alignment" }) }],
      table: {
        titles: ["#step", "#uniformity", "#alignment"],
        rows: points.map(({ step, x, y }) => [String(step), x.toFixed(4), y.toFixed(4)]),
      },
    },
  ];
}

function shown({ x, y }: { readonly x: number; readonly y: number }): string {
  return `${x.toFixed(3)}, ${y.toFixed(3)}`;
}
