import { neighborsOf } from "../../evaluation/analysis/neighbors.js";
import { normalizedRows } from "../../evaluation/cosine.js";
import type { Matrix } from "../../math/tensor.js";
import { heatChart } from "../charts/distributions.js";
import type { Figure } from "../charts/figure.js";
import type { RunData } from "./run-data.js";

/** Classes that a table shows. */
const MOST_CLASSES = 12;

/** Which classes are taken for which, by the ten nearest texts of each text; none for rows without classes. */
export async function classFigures({ kept }: RunData): Promise<Figure[]> {
  const labels = kept?.rows.labels;
  if (kept?.base === undefined || kept.tuned === undefined || labels === undefined) return [];
  const own = kept.rows.sample.map(({ row, side }) => (side === "query" ? labels[row] : undefined));
  if (own.some((label) => label === undefined) || new Set(own).size < 2) return [];
  const classes = own.map(String);
  const before = await sharesOf(kept.base, classes);
  const after = await sharesOf(kept.tuned, classes);
  const names = mostConfused([...new Set(classes)], before, after);
  const cells = (shares: Shares) =>
    names.flatMap((row) => names.map((column) => ({ row, column, share: shares(row, column) })));
  const all = new Set(classes).size;
  const some =
    all > names.length
      ? ` The ${names.length} of ${all} classes in the pairs that are confused most.`
      : "";
  return [
    {
      title: "Classes taken for others",
      caption: `For the texts of each class (a row), the classes of their 10 nearest texts.${some} On the diagonal are neighbours of the same class.`,
      panels: [
        { title: "base", spec: heatChart(cells(before), names) },
        { title: "tuned", spec: heatChart(cells(after), names) },
      ],
      table: {
        titles: ["class", "nearest texts' class", "#base", "#tuned"],
        rows: names.flatMap((row) =>
          names.flatMap((column) => {
            const [x, y] = [before(row, column), after(row, column)];
            return x + y < 0.005 ? [] : [[row, column, percent(x), percent(y)]];
          }),
        ),
      },
    },
  ];
}

/** Of the neighbours of texts of a class, the share that is of another. */
type Shares = (from: string, to: string) => number;

async function sharesOf(vectors: Matrix, classes: readonly string[]): Promise<Shares> {
  const counts = new Map<string, Map<string, number>>();
  const totals = new Map<string, number>();
  const neighbors = await neighborsOf(normalizedRows(vectors));
  neighbors.forEach((list, i) => {
    const row = counts.get(classes[i]) ?? new Map<string, number>();
    counts.set(classes[i], row);
    for (const j of list) row.set(classes[j], (row.get(classes[j]) ?? 0) + 1);
    totals.set(classes[i], (totals.get(classes[i]) ?? 0) + list.length);
  });
  return (from, to) => (counts.get(from)?.get(to) ?? 0) / (totals.get(from) || 1);
}

/** Classes of the pairs that are confused most, before and after together, the pairs in turn. */
function mostConfused(classes: readonly string[], before: Shares, after: Shares): string[] {
  if (classes.length <= MOST_CLASSES) return [...classes].sort();
  const pairs = classes.flatMap((from) =>
    classes.flatMap((to) =>
      from === to ? [] : [{ from, to, share: before(from, to) + after(from, to) }],
    ),
  );
  const names = new Set<string>();
  for (const { from, to } of pairs.sort((a, b) => b.share - a.share)) {
    const both = new Set([...names, from, to]);
    if (both.size <= MOST_CLASSES) names.add(from).add(to);
  }
  return [...names];
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}
