import type { TopLevelSpec } from "vega-lite";
import { plainText } from "../html.js";

/** A chart in the grammar of Vega-Lite, data included. */
export type ChartSpec = Readonly<Record<string, unknown>>;

/** Colours are variables of the page, so that one drawing serves light, dark and print. */
export const palette = {
  base: "var(--base)",
  tuned: "var(--tuned)",
  classes: Array.from({ length: 10 }, (_, i) => `var(--c${i})`),
} as const;

const text = { labelColor: "var(--soft)", titleColor: "var(--soft)", labelFontSize: 11 };

const config = {
  background: "transparent",
  font: "system-ui, sans-serif",
  view: { stroke: null },
  axis: {
    ...text,
    titleFontSize: 11,
    titleFontWeight: "normal",
    gridColor: "var(--line)",
    domainColor: "var(--rule)",
    tickColor: "var(--rule)",
    labelLimit: 160,
  },
  legend: { ...text, titleFontSize: 11, titleFontWeight: "normal", orient: "top", labelLimit: 140 },
  header: { ...text, titleFontSize: 11, labelLimit: 140 },
  text: { color: "var(--ink)" },
  rule: { color: "var(--soft)" },
};

/** The label of an axis whose values are places in a list. */
export function labelExpression(labels: readonly string[]): string {
  return `${JSON.stringify(labels.map(plainText))}[datum.value]`;
}

/** Attributes that hold places: decimals beyond the first are far less than a pixel. */
const places = / (?:d|transform|x|y|x1|y1|x2|y2|width|height)="[^"]*"/g;
const decimals = /(-?\d+\.\d)\d+/g;

/** Drawings kept, and the longest text of a chart whose drawing is. */
const KEPT = 32;
const LONGEST = 1_000_000;
/** Vega's drawings by the text of their charts: the report of a run and its model card show the same ones. */
const drawn = new Map<string, Promise<string>>();

/**
 * The chart as an SVG element that fills its place up to its own width. Vega is loaded when the first chart is drawn. It draws without a
 * browser or a canvas, and fetches nothing.
 */
export async function renderChart(spec: ChartSpec, label: string): Promise<string> {
  const text = JSON.stringify({ ...spec, config }, (_, value: unknown) =>
    typeof value === "string" ? plainText(value) : value,
  );
  const known = drawn.get(text) ?? drawnChart(text);
  if (text.length <= LONGEST) drawn.set(text, known);
  if (drawn.size > KEPT) drawn.delete([...drawn.keys()][0]);
  return embedded(await known, label);
}

async function drawnChart(text: string): Promise<string> {
  const [vega, { compile }] = await Promise.all([import("vega"), import("vega-lite")]);
  const { parse, View } = vega;
  (vega as unknown as { readonly textMetrics: { width: typeof textWidth } }).textMetrics.width =
    textWidth;
  const view = new View(parse(compile(JSON.parse(text) as TopLevelSpec).spec), {
    renderer: "none",
  });
  try {
    return await view.toSVG();
  } finally {
    view.finalize();
  }
}

/**
 * About how wide a text of a sans-serif font is, in pixels. Without a canvas Vega itself reckons with 0.8 of the font's size a character, and
 * cuts labels that fit.
 */
function textWidth(
  { fontSize = 11, limit = 0 }: { readonly fontSize?: number; readonly limit?: number },
  text: unknown,
): number {
  const width = 0.6 * fontSize * String(text ?? "").length;
  return limit > 0 ? Math.min(width, limit) : width;
}

/** Vega's SVG without what a page does not need of it, and with a name for those who do not see it. */
function embedded(svg: string, label: string): string {
  const [, width, height] = /viewBox="0 0 ([\d.]+) ([\d.]+)"/.exec(svg) ?? ["", "300", "200"];
  const start = `<svg role="img" aria-label="${label}" viewBox="0 0 ${width} ${height}" style="max-width:${width}px">`;
  return svg
    .replace(/^<svg[^>]*>/, start)
    .replace(places, (attribute) => attribute.replace(decimals, "$1"))
    .replace(
      / (role="graphics-\w+"|aria-roledescription="[^"]*"|aria-hidden="true"|pointer-events="none"|opacity="1"|stroke-width="0"|font-family="[^"]*")/g,
      "",
    )
    .replace(/<path(?! [^>]*stroke=)[^>]*>/g, (tag) => tag.replace(/ stroke-width="[^"]*"/, ""))
    .replace(/<(?!svg)\w[^>]*>/g, (tag) => tag.replace(/ aria-label="[^"]*"/, ""));
}
