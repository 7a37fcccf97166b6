import { escapeHtml, htmlTable } from "../html.js";
import { type ChartSpec, renderChart } from "./render.js";

/** A chart with the numbers that it draws and a text that says what it shows. */
export interface Figure {
  readonly title: string;
  /** What there is to see, in a sentence or two: for those who see the chart and for those who do not. */
  readonly caption: string;
  readonly panels: readonly Panel[];
  readonly table: FigureTable;
  /** Marks the drawing for the page's script: points of a map. */
  readonly map?: boolean | undefined;
}

interface Panel {
  readonly title?: string | undefined;
  /** Of a figure that can be looked at in two ways: the one that this drawing belongs to. The first is shown until the reader chooses. */
  readonly view?: string | undefined;
  readonly spec: ChartSpec;
}

interface FigureTable {
  /** Columns whose title begins with "#" hold numbers. */
  readonly titles: readonly string[];
  /** Plain texts. */
  readonly rows: readonly (readonly string[])[];
}

/** A figure as HTML: drawings, caption, and the table behind a fold. */
export async function figureHtml(figure: Figure): Promise<string> {
  const { title, caption, panels, table, map } = figure;
  const views = [...new Set(panels.map(({ view }) => view))];
  const groups = await Promise.all(
    views.map(async (view) => {
      const own = panels.filter((panel) => panel.view === view);
      const drawn = await Promise.all(own.map((panel) => panelHtml(panel, figure)));
      return `<div class="panels">${drawn.join("")}</div>`;
    }),
  );
  const rows = table.rows.map((cells) => cells.map(escapeHtml));
  const wide = panels.filter(({ view }) => view === views[0]).length > 1;
  const kind = [wide ? "wide" : "", map ? "map" : ""].filter(Boolean).join(" ");
  return [
    `<figure${kind === "" ? "" : ` class="${kind}"`}>`,
    `<h3>${escapeHtml(title)}</h3>`,
    ...(views.length > 1 ? [viewSwitch(title, views.map(String))] : []),
    ...groups,
    `<figcaption>${escapeHtml(caption)}</figcaption>`,
    `<details><summary>Numbers of: ${escapeHtml(title)}</summary>${htmlTable(table.titles, rows, title)}</details>`,
    "</figure>",
  ].join("\n");
}

async function panelHtml(panel: Panel, { title, caption }: Figure): Promise<string> {
  const names = [title, panel.view, panel.title].filter((name) => name !== undefined);
  const label = escapeHtml(`${names.join(": ")}. ${caption}`);
  const head = panel.title === undefined ? "" : `<p class="panel">${escapeHtml(panel.title)}</p>`;
  return `<div>${head}${await renderChart(panel.spec, label)}</div>`;
}

/** The style of the page hides the groups of drawings that are not chosen: no script is needed. */
function viewSwitch(title: string, views: readonly string[]): string {
  const name = escapeHtml(`view of ${title}`);
  const choices = views.map(
    (view, i) =>
      `<label><input type="radio" name="${name}" class="view-${i}"${i === 0 ? " checked" : ""}> ${escapeHtml(view)}</label>`,
  );
  return `<fieldset class="views"><legend>Drawn by</legend>${choices.join(" ")}</fieldset>`;
}
