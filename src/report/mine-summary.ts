import { reportedQuantiles } from "../mining/choose-negatives.js";
import type { Mined } from "../mining/mined.js";
import { formatTable } from "./table.js";

/** What mining found: scores of positives and negatives side by side, and what became of the candidates. */
export function formatMined(mined: Mined, out: string): string {
  return [quantileTable(mined), "", ruleTable(mined), "", `${out}: ${resultLine(mined)}`].join(
    "\n",
  );
}

function quantileTable({ quantiles, judge, model }: Mined): string {
  const right = "right" as const;
  const titles = reportedQuantiles.map((q) =>
    q === 0 ? "lowest" : q === 1 ? "highest" : `${100 * q} %`,
  );
  return formatTable(
    [
      { title: `cosine by ${judge?.name ?? model.name}` },
      ...["number", ...titles].map((title) => ({ title, align: right })),
    ],
    quantiles.map(({ what, count, values }) => [
      what,
      String(count),
      ...values.map((value) => value.toFixed(3)),
    ]),
  );
}

const rules = {
  own: "own anchors and positives, and texts equal to them",
  tooNear: "nearer than --range-min",
  aboveMaxScore: "score above --max-score",
  withinMargin: "within --margin of the positive's score",
  known: "negatives that the row has already",
  notNeeded: "passed, but more than --num-negatives",
  chosen: "chosen",
} as const;

function ruleTable({ counts }: Mined): string {
  return formatTable(
    [{ title: "candidates" }, { title: "number", align: "right" }],
    Object.entries(rules)
      .map(([rule, what]) => [what, String(counts[rule as keyof typeof rules])])
      .filter(([, count]) => count !== "0"),
  );
}

function resultLine({ rows, rowsWith }: Mined): string {
  const wanted = rowsWith.length - 1;
  const full = rowsWith[wanted] ?? 0;
  const none = rowsWith[0] ?? 0;
  const fewer = rows.length - full - none;
  const rest = [
    ...(fewer > 0 ? [`${fewer} with fewer`] : []),
    ...(none > 0 ? [`${none} with none`] : []),
  ];
  return `${rows.length} rows, ${full} with ${wanted} mined negatives${rest.map((r) => `, ${r}`).join("")}`;
}
