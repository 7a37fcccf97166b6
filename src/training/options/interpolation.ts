import { type Evaluator, measures } from "../../evaluation/metric.js";
import type { TrainSettings } from "./settings.js";

/** What goes out at the end of a run: the best checkpoint, or a point of the line from the start to the end of training. */
export type Interpolation =
  | { readonly kind: "off" }
  /** The point that the selecting data choose. */
  | { readonly kind: "search" }
  /** A point that was given. */
  | { readonly kind: "given"; readonly alpha: number };

/** What `--interpolate` means where something selects or nothing does: a search needs figures. */
export function interpolationOf(
  { interpolate }: Pick<TrainSettings, "interpolate">,
  evaluator: Evaluator,
): Interpolation {
  if (typeof interpolate === "number") return { kind: "given", alpha: interpolate };
  return { kind: interpolate === "auto" && measures(evaluator) ? "search" : "off" };
}
