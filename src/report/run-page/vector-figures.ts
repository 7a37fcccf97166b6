import { alignment, evenness } from "../../evaluation/analysis/geometry.js";
import { type Plane, planeOf, turnedTo } from "../../evaluation/analysis/plane.js";
import { normalizedRows } from "../../evaluation/cosine.js";
import type { Matrix } from "../../math/tensor.js";
import type { KeptRows } from "../../training/run-folder/kept-evaluation.js";
import { mapChart, spectrumChart, stepsChart } from "../charts/distributions.js";
import type { Figure } from "../charts/figure.js";
import { clip } from "../clip.js";
import type { RunData } from "./run-data.js";

/** Colours that can be told apart; further classes share the last. */
const COLOURS = 9;
const OTHERS = "other";
/** Components that are drawn and listed. */
const COMPONENTS = 64;
/** Longest text in the map's table, in code points: two thousand of them are most of a page. */
const LISTED = 140;

/** How the two models lay out the texts: a map, the spectrum, and alignment and uniformity. */
export async function vectorFigures({ kept }: RunData): Promise<Figure[]> {
  if (kept?.base === undefined || kept.tuned === undefined) return [];
  const { rows } = kept;
  const [base, tuned] = [normalizedRows(kept.base), normalizedRows(kept.tuned)];
  if (base.rows < 3 || base.cols < 2 || tuned.cols < 2) return [];
  const before = planeOf(base);
  const after = turnedTo(before, planeOf(tuned));
  return [
    mapFigure(rows, before, after),
    spectrumFigure(before, after),
    ...(await alignmentFigure(rows, base, tuned)),
  ];
}

function mapFigure(rows: KeptRows, before: Plane, after: Plane): Figure {
  const names = rows.sample.map(({ row, side }) => nameOf(rows, row, side));
  const shown = commonest(names);
  const named = names.map((name) => (shown.includes(name) ? name : OTHERS));
  const kinds = [...shown, ...(named.includes(OTHERS) ? [OTHERS] : [])];
  const points = ({ x, y }: Plane) => named.map((name, i) => ({ x: x[i], y: y[i], name }));
  const share = ({ shares }: Plane): string => `${Math.round(100 * (shares[0] + shares[1]))} %`;
  return {
    title: "Map of the texts",
    caption:
      `${names.length} texts of the selecting data along the two directions in which they differ most (principal components: ${share(before)} of the variance before, ` +
      `${share(after)} after); the picture after is turned to fit the one before. Point at a text, or choose a picture with the Tab key and walk with the arrow keys, to read it and to see it in both.`,
    panels: [
      { title: "base", spec: mapChart(points(before), kinds) },
      { title: "tuned", spec: mapChart(points(after), kinds) },
    ],
    map: true,
    table: {
      titles: ["text", "#line", "kind", "#base x", "#base y", "#tuned x", "#tuned y"],
      rows: rows.sample.map(({ row, side }, i) => [
        clip(textOf(rows, row, side), LISTED),
        String(rows.lines[row]),
        names[i],
        ...[before.x, before.y, after.x, after.y].map((values) => values[i].toFixed(2)),
      ]),
    },
  };
}

/** A text's class, else whether it asks or answers, where rows are not two sentences alike. */
function nameOf({ labels, others, tuned }: KeptRows, row: number, side: string): string {
  if (labels !== undefined && side === "query") return labels[row];
  const alike = others === undefined || (tuned.score ?? tuned.label) !== undefined;
  return alike ? "text" : side === "query" ? "first text" : "second text";
}

function textOf({ texts, others }: KeptRows, row: number, side: string): string {
  return side === "query" ? texts[row] : (others?.[row] ?? "");
}

function commonest(names: readonly string[]): string[] {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return [...counts]
    .sort((a, b) => b[1] - a[1])
    .slice(0, COLOURS)
    .map(([name]) => name);
}

function spectrumFigure(before: Plane, after: Plane): Figure {
  const of = (model: string, { shares }: Plane) =>
    [...shares.slice(0, COMPONENTS)].map((y, i) => ({ model, x: i + 1, y: Math.max(y, 1e-6) }));
  const [base, tuned] = [of("base", before), of("tuned", after)];
  const first = ({ shares }: Plane): string => `${(100 * shares[0]).toFixed(1)} %`;
  return {
    title: "Spectrum",
    caption: `The share of the variance along each principal component, the first ${base.length}. The first has ${first(before)} before and ${first(after)} after; a flatter curve uses more of the space.`,
    panels: [{ spec: spectrumChart([...base, ...tuned]) }],
    table: {
      titles: ["#component", "#base", "#tuned"],
      rows: base.map(({ x, y }, i) => [String(x), percent(y), percent(tuned[i]?.y ?? 0)]),
    },
  };
}

function percent(share: number): string {
  return `${(100 * share).toFixed(2)} %`;
}

/** None where no rows say which texts belong together. */
async function alignmentFigure(rows: KeptRows, base: Matrix, tuned: Matrix): Promise<Figure[]> {
  const pairs = positivePairs(rows);
  if (pairs.length === 0) return [];
  const [first, second] = [pairs.map(([one]) => one), pairs.map(([, other]) => other)];
  const place = async (name: string, unit: Matrix) => ({
    name,
    x: (await evenness(someRows(unit))).uniformity,
    y: alignment(rowsAt(unit, first), rowsAt(unit, second)),
  });
  const points = [await place("base", base), await place("tuned", tuned)];
  const [before, after] = points;
  return [
    {
      title: "Alignment and uniformity",
      caption:
        `Lower is better for both (Wang and Isola 2020). Uniformity, how evenly the texts spread, goes from ${before.x.toFixed(3)} to ${after.x.toFixed(3)}; alignment, the ` +
        `distance of texts that belong together (${pairs.length} pairs), from ${before.y.toFixed(3)} to ${after.y.toFixed(3)}.`,
      panels: [{ spec: stepsChart(points, { x: "uniformity", y: "alignment" }) }],
      table: {
        titles: ["model", "#uniformity", "#alignment"],
        rows: points.map(({ name, x, y }) => [name, x.toFixed(4), y.toFixed(4)]),
      },
    },
  ];
}

/** At most 1,000 rows at equal distances: all pairs of more take a second and change no digit that is shown. */
function someRows(matrix: Matrix): Matrix {
  const count = Math.min(matrix.rows, 1000);
  const places = Array.from({ length: count }, (_, i) => Math.floor((i * matrix.rows) / count));
  return rowsAt(matrix, places);
}

/** Places in the sample of both texts of rows whose texts belong together. */
function positivePairs({ sample, others, positive }: KeptRows): [number, number][] {
  if (others === undefined) return [];
  const first = new Map<number, number>();
  const pairs: [number, number][] = [];
  sample.forEach(({ row, side }, i) => {
    if (side === "query") first.set(row, i);
    const partner = first.get(row);
    const together = positive === undefined || positive[row] === 1;
    if (side === "document" && partner !== undefined && together) pairs.push([partner, i]);
  });
  return pairs;
}

function rowsAt({ cols, data }: Matrix, places: readonly number[]): Matrix {
  const some = new Float32Array(places.length * cols);
  places.forEach((place, i) => {
    some.set(data.subarray(place * cols, (place + 1) * cols), i * cols);
  });
  return { rows: places.length, cols, data: some };
}
