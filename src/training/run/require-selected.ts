import { UserError } from "../../errors/user-error.js";
import { type Evaluation, measures, metricOf } from "../../evaluation/metric.js";
import type { TrainingPlan } from "../plan/plan.js";
import type { Best } from "../run-folder/run-state.js";

/** What is left of a metric's last digits when it is measured again: nothing, on the same machine. */
const SAME = 1e-6;

/** Another processor rounds differently, so that a few rows of close vectors may change places. */
const NEAR = 2e-3;

/**
 * Compares what goes out with what selected it: the deciding metric of `tuned`, measured on the parameters as they were read
 * back, must be the one that made `best` the best. Throws UserError `selection-differs`.
 */
export function requireSelected(
  { evaluator, metric }: Pick<TrainingPlan, "evaluator" | "metric">,
  best: Best,
  { tuned, elsewhere }: { readonly tuned: Evaluation; readonly elsewhere: boolean },
): void {
  if (!measures(evaluator)) return;
  const value = metricOf(tuned, metric)?.value ?? Number.NaN;
  const same = Object.is(value, best.value) || Math.abs(value - best.value) <= allowed(elsewhere);
  // Where no evaluation gave a number there is nothing to compare with.
  if (same || best.value === Number.NEGATIVE_INFINITY) return;
  throw new UserError(
    "selection-differs",
    `the parameters of step ${best.step} give ${metric} ${value}, but it was ${best.value} when they were selected`,
    { hint: "memory or disk of this machine may be faulty; no model was written, train again" },
  );
}

function allowed(elsewhere: boolean): number {
  return elsewhere ? NEAR : SAME;
}
