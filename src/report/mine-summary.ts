import { counted } from "../errors/counted.js";
import { reportedQuantiles } from "../mining/choose-negatives.js";
import type { Mined } from "../mining/mined.js";
import type { SelectionRules } from "../mining/select-negatives.js";
import { formatTable } from "./table.js";

/** What mining found: scores of positives and negatives side by side, and what became of the candidates. */
export function formatMined(
  mined: Mined,
  out: string,
  rules: Pick<SelectionRules, "margin"> = {},
): string {
  const warning = mostlyFalse(mined, rules);
  return [
    quantileTable(mined),
    "",
    ruleTable(mined),
    "",
    `${out}: ${resultLine(mined)}`,
    ...(warning === undefined ? [] : [warning]),
  ].join("\n");
}

/**
 * A warning where half of the chosen negatives are nearer to their anchors than half of the positives are: then they are answers rather than
 * negatives. None with a margin: each negative is then farther than the positive of its row, and the medians are of different rows.
 */
export function mostlyFalse(
  { quantiles }: Pick<Mined, "quantiles">,
  { margin }: Pick<SelectionRules, "margin"> = {},
): string | undefined {
  if (margin !== undefined) return undefined;
  const middle = reportedQuantiles.indexOf(0.5);
  const median = (what: string): number =>
    quantiles.find((one) => one.what === what && one.count > 0)?.values[middle] ?? Number.NaN;
  const [negative, positive] = [median("chosen negatives"), median("positives")];
  if (!(negative >= positive)) return undefined;
  return `warning: these negatives are mostly false: their median cosine is ${negative.toFixed(3)}, that of the positives ${positive.toFixed(3)}; try --margin 5%, which leaves out what is about as near as the positive, or --range-min 10`;
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
  return `${counted(rows.length, "row")}, ${full} with ${counted(wanted, "mined negative")}${rest.map((r) => `, ${r}`).join("")}`;
}
