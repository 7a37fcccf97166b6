import { light } from "../page-style.js";
import { type ChartSpec, renderChart } from "./render.js";

/** Room around a drawing, in pixels: some labels reach beyond it. */
const MARGIN = 10;

/** The chart as a whole SVG file, on white, so that it can be read on a page of any theme. `label`: what it shows, in plain text. */
export async function drawingFile(spec: ChartSpec, label: string): Promise<string> {
  const svg = await renderChart(spec, label);
  const [, width, height] = /viewBox="0 0 ([\d.]+) ([\d.]+)"/.exec(svg) ?? ["", "300", "200"];
  const [across, down] = [Number(width) + 2 * MARGIN, Number(height) + 2 * MARGIN];
  const box = `x="${-MARGIN}" y="${-MARGIN}" width="${across}" height="${down}"`;
  const start =
    `<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-label="${label}" width="${across}" height="${down}" ` +
    `viewBox="${-MARGIN} ${-MARGIN} ${across} ${down}"><style>svg{${light}}text{font-family:system-ui,sans-serif}</style><rect ${box} fill="#fff"/>`;
  return `${svg.replace(/^<svg[^>]*>/, start)}\n`;
}
