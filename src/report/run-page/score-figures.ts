import { quantile } from "../../math/statistics.js";
import { changeChart } from "../charts/bars.js";
import { densityChart, gridChart } from "../charts/distributions.js";
import type { Figure } from "../charts/figure.js";
import { times100 } from "../scores.js";
import type { RunData } from "./run-data.js";

const MODELS = ["base", "tuned"] as const;
/** Cells of the scatter along each axis. */
const GRID = 24;
/** Subsets that are drawn. */
const MOST_SUBSETS = 30;

/** What the two models make of the rows: cosines by gold score, and scores by subset. */
export function scoreFigures(data: RunData): Figure[] {
  return [...densityFigure(data), ...scatterFigure(data), ...subsetFigure(data)];
}

/** Rows with their gold value (0–1) and both cosines. */
function goldRows({ kept }: RunData) {
  if (kept === undefined) return [];
  const { base, tuned } = kept.rows;
  const gold = tuned.score ?? tuned.label;
  const [before, after] = [base.cosine, tuned.cosine];
  if (gold === undefined || before === undefined || after === undefined) return [];
  return gold.flatMap((score, i) => {
    const [x, y] = [before[i], after[i]];
    return score === null || x === null || y === null ? [] : [{ score, base: x, tuned: y }];
  });
}

function densityFigure(data: RunData): Figure[] {
  const rows = goldRows(data);
  if (rows.length < 2) return [];
  const binary = rows.every(({ score }) => score === 0 || score === 1);
  const nameOf = (score: number): string => {
    if (binary) return score === 1 ? "together" : "apart";
    const part = Math.min(4, Math.floor(5 * score));
    return `gold ${(part / 5).toFixed(1)}–${((part + 1) / 5).toFixed(1)}`;
  };
  const groups = [...new Set(rows.map(({ score }) => nameOf(score)))].sort().reverse();
  const values = rows.flatMap(({ score, ...cosines }) =>
    MODELS.map((model) => ({ group: nameOf(score), model, value: cosines[model] })),
  );
  const listed = groups.flatMap((group) =>
    MODELS.map((model) => {
      const own = values.filter((one) => one.group === group && one.model === model);
      const sorted = Float64Array.from(own, ({ value }) => value).sort();
      const at = [0.05, 0.5, 0.95].map((q) => quantile(sorted, q).toFixed(3));
      return [group, model, String(sorted.length), ...at];
    }),
  );
  return [
    {
      title: binary ? "Cosines of pairs" : "Cosines by gold score",
      caption: `Density of the cosine of the two texts, for rows ${binary ? "that belong together and rows that do not" : "of like gold score"}, before and after. The less the curves of different groups overlap, the better a model tells them apart.`,
      panels: [{ spec: densityChart(values, groups, "cosine") }],
      table: { titles: ["group", "model", "#rows", "#5 %", "#median", "#95 %"], rows: listed },
    },
  ];
}

function scatterFigure(data: RunData): Figure[] {
  const rows = goldRows(data);
  if (rows.length < 2 || rows.every(({ score }) => score === 0 || score === 1)) return [];
  const all = rows.flatMap(({ base, tuned }) => [base, tuned]);
  const low = Math.floor(10 * all.reduce((a, b) => Math.min(a, b))) / 10;
  const high = Math.ceil(10 * all.reduce((a, b) => Math.max(a, b))) / 10;
  const place = (part: number): number => Math.min(GRID - 1, Math.floor(GRID * part));
  const cellsOf = (model: (typeof MODELS)[number]) => {
    const counts = new Map<number, number>();
    for (const row of rows) {
      const at = GRID * place(row.score) + place((row[model] - low) / (high - low || 1));
      counts.set(at, (counts.get(at) ?? 0) + 1);
    }
    return [...counts].map(([at, count]) => ({
      x: (Math.floor(at / GRID) + 0.5) / GRID,
      y: low + ((at % GRID) + 0.5) * ((high - low) / GRID),
      count,
    }));
  };
  const cells = { base: cellsOf("base"), tuned: cellsOf("tuned") };
  const most = [...cells.base, ...cells.tuned].reduce((all, { count }) => Math.max(all, count), 1);
  const axes = { x: "gold score", y: "cosine", domain: [low, high] as const, most };
  return [
    {
      title: "Gold score and cosine",
      caption: `${rows.length} rows by gold score (across) and cosine (up); a circle's area is the number of rows in its place, at most ${most}. A model that agrees with the scores has a rising band.`,
      panels: MODELS.map((model) => ({ title: model, spec: gridChart(cells[model], axes) })),
      table: {
        titles: ["model", "#gold score", "#cosine", "#rows"],
        rows: MODELS.flatMap((model) =>
          cells[model].map(({ x, y, count }) => [model, x.toFixed(2), y.toFixed(2), String(count)]),
        ),
      },
    },
  ];
}

/** Metrics of subsets have the deciding metric's key and the name behind it. */
function subsetFigure({ record }: RunData): Figure[] {
  const { metric, result } = record;
  const scores = result?.scores;
  if (scores === undefined) return [];
  const rows = scores.model.metrics.flatMap(({ key, value }) => {
    const before = scores.base?.metrics.find((one) => one.key === key)?.value;
    const own = key.startsWith(`${metric}_`) && before !== undefined;
    if (!own || !Number.isFinite(value) || !Number.isFinite(before)) return [];
    return [{ label: key.slice(metric.length + 1), base: 100 * before, tuned: 100 * value }];
  });
  if (rows.length === 0) return [];
  const better = rows.filter(({ base, tuned }) => tuned > base).length;
  return [
    {
      title: `${metric} by subset`,
      caption: `${metric} ×100 of each subset before and after; ${better} of ${rows.length} are higher after.${rows.length > MOST_SUBSETS ? ` The first ${MOST_SUBSETS} are drawn.` : ""}`,
      panels: [{ spec: changeChart(rows.slice(0, MOST_SUBSETS), `${metric} ×100`) }],
      table: {
        titles: ["subset", "#base", "#tuned"],
        rows: rows.map(({ label, base, tuned }) => [
          label,
          times100(base / 100),
          times100(tuned / 100),
        ]),
      },
    },
  ];
}
