import type { Points } from "../../evaluation/analysis/plane.js";
import type { KeptRows } from "../../training/run-folder/kept-evaluation.js";
import { mapChart } from "../charts/distributions.js";
import type { Figure } from "../charts/figure.js";
import { clip } from "../clip.js";

/** Colours that can be told apart; further classes share the last. */
const COLOURS = 9;
const OTHERS = "other";
/** Longest texts in the map's table, in code points, and the bytes that all may take together: two thousand of them are most of a page. */
const LISTED = [140, 80, 40];
const MOST_BYTES = 300_000;

/** Where the texts lie under both models, by one way to come from vectors to a plane. */
export interface MapView {
  readonly name: string;
  readonly before: Points;
  readonly after: Points;
}

/** The texts of the selecting data in a plane, base beside tuned. The first view is by principal components, whose `shares` of the variance the caption tells. */
export function mapFigure(rows: KeptRows, views: readonly MapView[], shares: string): Figure {
  const names = rows.sample.map(({ row, side }) => nameOf(rows, row, side));
  const shown = commonest(names);
  const named = names.map((name) => (shown.includes(name) ? name : OTHERS));
  const kinds = [...shown, ...(named.includes(OTHERS) ? [OTHERS] : [])];
  const drawn = ({ x, y }: Points) =>
    mapChart(
      named.map((name, i) => ({ x: x[i], y: y[i], name })),
      kinds,
    );
  const texts = listedTexts(rows);
  const several = views.length > 1;
  const umap = several
    ? " UMAP keeps the 15 nearest texts of each text together; how far apart its groups lie says little."
    : "";
  return {
    title: "Map of the texts",
    caption:
      `${names.length} texts of the selecting data along the two directions in which they differ most (principal components: ${shares}); the picture after is turned to fit the one before.${umap} ` +
      `Point at a text, or choose a picture with the Tab key and walk with the arrow keys, to read it and to see it in both.`,
    panels: views.flatMap(({ name, before, after }) => {
      const view = several ? name : undefined;
      return [
        { title: "base", view, spec: drawn(before) },
        { title: "tuned", view, spec: drawn(after) },
      ];
    }),
    map: true,
    table: {
      titles: ["text", "#line", "kind", ...views.flatMap(({ name }) => columnsOf(name, several))],
      rows: rows.sample.map(({ row }, i) => [
        texts[i],
        String(rows.lines[row]),
        names[i],
        ...views.flatMap(({ before, after }) => [place(before, i), place(after, i)]),
      ]),
    },
  };
}

function columnsOf(view: string, several: boolean): string[] {
  return ["base", "tuned"].map((model) => `#${several ? `${view}, ` : ""}${model}: x, y`);
}

function place({ x, y }: Points, i: number): string {
  return `${x[i].toFixed(2)}, ${y[i].toFixed(2)}`;
}

/** The texts of the sample, cut so that the table stays small. */
function listedTexts(rows: KeptRows): string[] {
  const whole = rows.sample.map(({ row, side }) => textOf(rows, row, side));
  const cut = LISTED.map((most) => whole.map((text) => clip(text, most)));
  const fits = cut.find((texts) => Buffer.byteLength(texts.join("")) <= MOST_BYTES);
  return fits ?? cut[cut.length - 1];
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
