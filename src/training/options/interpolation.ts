import { type Evaluator, measures } from "../../evaluation/metric.js";
import { averagingOf } from "./averaging.js";
import type { TrainSettings } from "./settings.js";

/** What goes out at the end of a run: the best checkpoint, or a point of the line from the start to the end of training. */
export type Interpolation =
  | { readonly kind: "off" }
  /** The one of these points that the selecting data choose. */
  | { readonly kind: "search"; readonly alphas: readonly number[] }
  /** The one that folds choose, whose own runs search. */
  | { readonly kind: "folds" }
  /** A point that was given. */
  | { readonly kind: "given"; readonly alpha: number };

/** Points that a search measures: the nearer, the more often the noise of a small set decides between them. */
const SEARCHED = [0, 0.2, 0.4, 0.6, 0.8, 1];

/**
 * What `--interpolate` means where something selects or nothing does: a search needs figures. An average is no checkpoint: without a line
 * it competes with the start alone.
 */
export function interpolationOf(
  settings: Pick<TrainSettings, "interpolate" | "average">,
  { evaluator, folds }: { readonly evaluator: Evaluator; readonly folds: readonly unknown[] },
): Interpolation {
  if (folds.length > 0) return { kind: "folds" };
  const { interpolate } = settings;
  if (typeof interpolate === "number") return { kind: "given", alpha: interpolate };
  const measured = measures(evaluator);
  if (interpolate === "auto" && measured) return { kind: "search", alphas: SEARCHED };
  if (averagingOf(settings).kind === "off") return { kind: "off" };
  return measured ? { kind: "search", alphas: [0, 1] } : { kind: "given", alpha: 1 };
}
