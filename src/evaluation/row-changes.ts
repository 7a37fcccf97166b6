import type { RowDetails } from "./metric.js";

/** How many rows a model has better and worse than another, by the figure that compares rows. */
export interface WonAndLost {
  readonly figure: string;
  readonly won: number;
  readonly lost: number;
  readonly equal: number;
}

/** One row under two models. */
export interface RowChange {
  readonly row: number;
  readonly line: number;
  readonly text: string;
  readonly other: string | undefined;
  readonly base: number;
  readonly tuned: number;
  readonly change: number;
}

/** Every row under two models, in file order; none where rows have no figure that compares them. */
export function rowChanges(base: RowDetails, tuned: RowDetails): RowChange[] {
  const { main, texts, lines, others, labels } = tuned;
  if (main === undefined) return [];
  const [before, after] = [base.figures[main], tuned.figures[main]];
  return texts.map((text, row) => ({
    row,
    line: lines[row],
    text,
    other: others?.[row] ?? labels?.[row],
    base: before[row],
    tuned: after[row],
    change: after[row] - before[row],
  }));
}

/** Rows won, lost and equal. */
export function wonAndLost(changes: readonly RowChange[], figure: string): WonAndLost {
  const won = changes.filter(({ change }) => change > 0).length;
  const lost = changes.filter(({ change }) => change < 0).length;
  return { figure, won, lost, equal: changes.length - won - lost };
}

/** The `count` rows of greatest gain and of greatest loss. */
export function mostChanged(changes: readonly RowChange[], count: number) {
  const sorted = [...changes].sort((a, b) => b.change - a.change);
  return {
    improved: sorted.filter(({ change }) => change > 0).slice(0, count),
    harmed: sorted
      .filter(({ change }) => change < 0)
      .reverse()
      .slice(0, count),
  };
}
