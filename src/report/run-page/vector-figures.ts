import { counted } from "../../errors/counted.js";
import { alignment, evenness } from "../../evaluation/analysis/geometry.js";
import { type Plane, planeOf, turnedTo } from "../../evaluation/analysis/plane.js";
import { normalizedRows } from "../../evaluation/cosine.js";
import type { Matrix } from "../../math/tensor.js";
import type { KeptRows } from "../../training/run-folder/kept-evaluation.js";
import { spectrumChart } from "../charts/distributions.js";
import type { Figure } from "../charts/figure.js";
import { pathChart } from "../charts/path.js";
import { vectorWords } from "../vector-words.js";
import { type MapView, mapFigure } from "./map-figure.js";
import type { RunData } from "./run-data.js";
import { umapOf } from "./umap.js";

/** Name of the map's first view. */
const PCA = "principal components";
/** Components that are drawn and listed. */
const COMPONENTS = 64;
/** Of n texts all components from the n-th on have no variance but what rounding leaves. */
const LEAST = 1e-6;

/** How the two models lay out the texts: a map (by UMAP too, if asked for), the spectrum, and alignment and uniformity. */
export async function vectorFigures({ kept }: RunData, umap = false): Promise<Figure[]> {
  if (kept?.base === undefined || kept.tuned === undefined) return [];
  const { rows } = kept;
  const [base, tuned] = [normalizedRows(kept.base), normalizedRows(kept.tuned)];
  if (base.rows < 3 || base.cols < 2 || tuned.cols < 2) return [];
  const before = planeOf(base);
  const after = turnedTo(before, planeOf(tuned));
  const views: MapView[] = [{ name: PCA, before, after }];
  if (umap) views.push(await umapView([base, before], [tuned, after]));
  return [
    mapFigure(rows, views, componentShares(before, after)),
    spectrumFigure(before, after),
    ...(await alignmentFigure(rows, base, tuned)),
  ];
}

/** Each model's map by UMAP begins at its own components; the second is then turned to the first. */
async function umapView(base: [Matrix, Plane], tuned: [Matrix, Plane]): Promise<MapView> {
  const before = await umapOf(...base);
  return { name: "UMAP", before, after: turnedTo(before, await umapOf(...tuned)) };
}

function componentShares(before: Plane, after: Plane): string {
  const share = ({ shares }: Plane): string => `${Math.round(100 * (shares[0] + shares[1]))} %`;
  return `${share(before)} of the variance before, ${share(after)} after`;
}

function spectrumFigure(before: Plane, after: Plane): Figure {
  const of = (model: string, { shares }: Plane) =>
    [...shares.slice(0, COMPONENTS)]
      .map((y, i) => ({ model, x: i + 1, y }))
      .filter(({ y }) => y > LEAST);
  const [base, tuned] = [of("base", before), of("tuned", after)];
  const longer = base.length > tuned.length ? base : tuned;
  const first = ({ shares }: Plane): string => `${(100 * shares[0]).toFixed(1)} %`;
  return {
    title: "Spectrum",
    caption: `${vectorWords.spectrum} Drawn are the shares of the variance along the first ${longer.length} principal components; the first has ${first(before)} before and ${first(after)} after.`,
    panels: [{ spec: spectrumChart([...base, ...tuned]) }],
    table: {
      titles: ["#component", "#base", "#tuned"],
      rows: longer.map((_, i) => [
        String(i + 1),
        percent(base[i]?.y ?? 0),
        percent(tuned[i]?.y ?? 0),
      ]),
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
  const place = async (name: "base" | "tuned", unit: Matrix) => ({
    name,
    model: name,
    x: (await evenness(someRows(unit))).uniformity,
    y: alignment(rowsAt(unit, first), rowsAt(unit, second)),
  });
  const points = [await place("base", base), await place("tuned", tuned)];
  const [before, after] = points;
  return [
    {
      title: "Alignment and uniformity",
      caption:
        `Of the texts of the map (Wang and Isola 2020). ${vectorWords.uniformity} It goes from ${before.x.toFixed(3)} to ${after.x.toFixed(3)}. ` +
        `${vectorWords.alignment} Over ${counted(pairs.length, "pair")} it goes from ${before.y.toFixed(3)} to ${after.y.toFixed(3)}.`,
      panels: [{ spec: pathChart(points, { x: "uniformity", y: "alignment" }) }],
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
