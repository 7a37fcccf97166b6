import type { Analysis } from "../evaluation/analysis/analyse.js";
import type { RowChange } from "../evaluation/row-changes.js";
import type { AnalysisReport } from "../evaluation/score-report.js";
import { formatTable } from "./table.js";
import { vectorWords } from "./vector-words.js";

/** Longest text that is shown, in characters. */
const LONGEST = 60;

const lines: readonly (readonly [string, (analysis: Analysis) => number | undefined])[] = [
  ["alignment (positive pairs, lower is nearer)", ({ alignment }) => alignment],
  ["uniformity (lower is more even)", ({ uniformity }) => uniformity],
  ["cosine of random pairs, mean", ({ meanCosine }) => meanCosine],
  ["  5 % quantile", ({ cosineQuantiles }) => cosineQuantiles[1]],
  ["  median", ({ cosineQuantiles }) => cosineQuantiles[3]],
  ["  95 % quantile", ({ cosineQuantiles }) => cosineQuantiles[5]],
  ["effective rank (RankMe)", ({ rankMe }) => rankMe],
  ["NESum", ({ neSum }) => neSum],
  ["variance along the first component", ({ firstShare }) => firstShare],
  ["norm, mean", ({ norms }) => norms.mean],
  ["norm, standard deviation", ({ norms }) => norms.sd],
  ["hubness (skewness of 10-occurrence)", ({ hubness }) => hubness],
  ["margin of the right over the best wrong, mean", ({ margins }) => margins?.mean],
  ["  median", ({ margins }) => margins?.quantiles[3]],
  ["  share of rows without one", ({ margins }) => margins?.negative],
];

/** What is seen in vectors and rows, as text. */
export function formatAnalysis({ model, base, overlap, rows, ...changed }: AnalysisReport): string {
  const parts = [
    ...(model === undefined ? [] : [analysisTable(model, base), ...explained(model)]),
    ...(overlap === undefined
      ? []
      : [`neighbours that base and tuned have in common (of 10): ${(100 * overlap).toFixed(1)} %`]),
    ...(rows === undefined
      ? []
      : [
          `rows by ${rows.figure}: ${rows.won} better than the base, ${rows.lost} worse, ${rows.equal} equal`,
        ]),
    ...changes("most improved", changed.improved),
    ...changes("most harmed", changed.harmed),
    ...(model === undefined ? [] : suspects(model)),
  ];
  return parts.join("\n");
}

function analysisTable(model: Analysis, base: Analysis | undefined): string {
  const right = "right" as const;
  const number = (value: number | undefined): string =>
    value === undefined || Number.isNaN(value) ? "–" : value.toFixed(3);
  const known = lines.filter(([, value]) => value(model) !== undefined);
  const rows = known.map(([name, value]) => [
    name,
    ...(base === undefined ? [] : [number(value(base))]),
    number(value(model)),
  ]);
  const which = model.texts < model.of ? `${model.texts} drawn of ${model.of}` : `${model.of}`;
  const titles = base === undefined ? ["vectors"] : ["base", "tuned"];
  return formatTable(
    [{ title: `analysis of ${which} texts` }, ...titles.map((title) => ({ title, align: right }))],
    rows,
  );
}

/** The figures of the table that say nothing to whoever never met them. */
function explained({ alignment }: Analysis): string[] {
  const { alignment: near, uniformity, rank } = vectorWords;
  return alignment === undefined ? [uniformity, rank] : [near, uniformity, rank];
}

function changes(title: string, rows: readonly RowChange[] | undefined): string[] {
  if (rows === undefined) return [];
  if (rows.length === 0) return [`${title}: none`];
  return [
    `${title}:`,
    ...rows.map(
      ({ line, text, other, change }) =>
        `  line ${line} (${change > 0 ? "+" : ""}${change.toFixed(3)}): ${shortened(text)}${other === undefined ? "" : ` | ${shortened(other)}`}`,
    ),
  ];
}

function suspects({ falseNegatives }: Analysis): string[] {
  if (falseNegatives.length === 0) return [];
  return [
    "wrong candidates that come before the right one; some may be false negatives of the data:",
    ...falseNegatives.map(
      ({ line, text, candidate, candidateLine, score }) =>
        `  line ${line}${candidateLine === undefined ? "" : ` and ${candidateLine}`} (cosine ${score.toFixed(3)}): ${shortened(text)} | ${shortened(candidate)}`,
    ),
  ];
}

function shortened(text: string): string {
  const flat = text.replace(/\s+/g, " ");
  return flat.length <= LONGEST ? flat : `${flat.slice(0, LONGEST - 1)}…`;
}
