import type { CardFigure } from "../../export/model-content.js";
import { drawingFile } from "../charts/drawing-file.js";
import type { Figure } from "../charts/figure.js";
import { escapeHtml } from "../html.js";
import { classFigures } from "./class-figures.js";
import type { RunData } from "./run-data.js";
import { scoreFigures } from "./score-figures.js";
import { trainingFigures } from "./training-figures.js";
import { vectorFigures } from "./vector-figures.js";

/** The most that the drawings of a figure may take, in bytes; larger ones (the map, scatters of many rows) are for the report alone. */
const MOST_BYTES = 40_000;

/** The figures of a run's report that a model card shows: those whose drawings are small. */
export async function cardFigures(data: RunData): Promise<CardFigure[]> {
  const figures = [
    ...trainingFigures(data),
    ...scoreFigures(data),
    ...(await vectorFigures(data)),
    ...(await classFigures(data)),
  ];
  const drawn: CardFigure[] = [];
  for (const figure of figures.filter(({ map }) => !map)) drawn.push(await cardFigure(figure));
  return drawn.filter(
    ({ drawings }) =>
      drawings.reduce((sum, { svg }) => sum + Buffer.byteLength(svg), 0) <= MOST_BYTES,
  );
}

async function cardFigure({ title, caption, panels }: Figure): Promise<CardFigure> {
  const drawings = await Promise.all(
    panels.map(async ({ title: part, spec }) => ({
      path: `figures/${fileName(part === undefined ? title : `${title} ${part}`)}.svg`,
      svg: await drawingFile(spec, escapeHtml(part === undefined ? title : `${title}: ${part}`)),
    })),
  );
  return { title, caption, drawings };
}

/** `Gold score and cosine base` is gold-score-and-cosine-base. */
function fileName(title: string): string {
  return title
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "-")
    .replaceAll(/^-|-$/g, "");
}
