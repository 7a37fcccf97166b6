import { escapeHtml, htmlTable } from "../html.js";
import { type ChartSpec, renderChart } from "./render.js";

/** A chart with the numbers that it draws and a text that says what it shows. */
export interface Figure {
  readonly title: string;
  /** What there is to see, in a sentence or two: for those who see the chart and for those who do not. */
  readonly caption: string;
  readonly panels: readonly { readonly title?: string | undefined; readonly spec: ChartSpec }[];
  readonly table: FigureTable;
  /** Marks the drawing for the page's script: points of a map. */
  readonly map?: boolean | undefined;
}

interface FigureTable {
  /** Columns whose title begins with "#" hold numbers. */
  readonly titles: readonly string[];
  /** Plain texts. */
  readonly rows: readonly (readonly string[])[];
}

/** A figure as HTML: drawings, caption, and the table behind a fold. */
export async function figureHtml({ title, caption, panels, table, map }: Figure): Promise<string> {
  const drawn = await Promise.all(
    panels.map(async (panel) => {
      const label = escapeHtml(panel.title === undefined ? title : `${title}: ${panel.title}`);
      const head =
        panel.title === undefined ? "" : `<p class="panel">${escapeHtml(panel.title)}</p>`;
      return `<div>${head}${await renderChart(panel.spec, `${label}. ${escapeHtml(caption)}`)}</div>`;
    }),
  );
  const rows = table.rows.map((cells) => cells.map(escapeHtml));
  const kind = [panels.length > 1 ? "wide" : "", map ? "map" : ""].filter(Boolean).join(" ");
  return [
    `<figure${kind === "" ? "" : ` class="${kind}"`}>`,
    `<h3>${escapeHtml(title)}</h3>`,
    `<div class="panels">${drawn.join("")}</div>`,
    `<figcaption>${escapeHtml(caption)}</figcaption>`,
    `<details><summary>Numbers of: ${escapeHtml(title)}</summary>${htmlTable(table.titles, rows, title)}</details>`,
    "</figure>",
  ].join("\n");
}
