import type { SearchAnswer, SearchHit } from "../search/answer.js";
import { clip } from "./clip.js";

/** Columns between two models. */
const gap = 3;
/** A narrower column shows too little of a text: models then stand one below the other. */
const leastColumn = 36;

/**
 * The nearest texts of a query, the models side by side where `width` columns allow it, else one below the other. Under each model but the base
 * a hit tells how many ranks it has moved up (▲) or down (▼) from the base, `=` where it stays; under the base, from each model to the
 * base, so that both columns tell the same.
 */
export function formatSearchAnswer({ query, models }: SearchAnswer, width: number): string {
  const beside = Math.floor((width - gap * (models.length - 1)) / models.length);
  const column = beside >= leastColumn ? beside : width;
  const columns = models.map(({ name, hits }, model) => [
    clip(models.length > 1 && model === 0 ? `base: ${name}` : name, column),
    ...hits.map((hit) => hitLine(hit, { model, models: models.length, width: column })),
  ]);
  const heading = `query: ${query}`;
  if (column === width) return [heading, ...columns.flatMap((lines) => ["", ...lines])].join("\n");
  const rows = Math.max(...columns.map((lines) => lines.length));
  const lines = Array.from({ length: rows }, (_, i) =>
    columns
      .map((cells) => padded(cells[i] ?? "", column))
      .join(" ".repeat(gap))
      .trimEnd(),
  );
  return [heading, "", ...lines].join("\n");
}

function hitLine(
  { ranks, score, text }: SearchHit,
  {
    model,
    models,
    width,
  }: { readonly model: number; readonly models: number; readonly width: number },
): string {
  const rank = String(ranks[model]).padStart(3);
  const moved = models === 1 ? "" : ` ${movement(ranks, model).padEnd(5)}`;
  const start = `${rank}  ${score.toFixed(3).padStart(6)}${moved}  `;
  return start + clip(text, width - start.length);
}

/** How a hit moved from the base to a model; of the base's own hits with several models nothing is said. */
function movement(ranks: readonly number[], model: number): string {
  if (model === 0 && ranks.length > 2) return "";
  const up = ranks[0] - ranks[model === 0 ? 1 : model];
  if (up === 0) return "=";
  return up > 0 ? `▲${up}` : `▼${-up}`;
}

function padded(text: string, width: number): string {
  return text + " ".repeat(Math.max(0, width - [...text].length));
}
