import { sampledEvaluator } from "../../evaluation/sampled-texts.js";
import type { TrainingPlan } from "../plan/plan.js";
import type { RunControl } from "../run-folder/events.js";

/** A run of which what a report needs is kept. */
interface Observed<Control> {
  /** With an evaluator that keeps some of the vectors it measures. */
  readonly plan: TrainingPlan;
  readonly options: Control;
  /** What was told so far; grows while the run goes on. */
  readonly notes: readonly string[];
}

/** The plan and control of a run with what listens for its report. */
export function observed<Control extends RunControl>(
  planned: TrainingPlan,
  control: Control,
): Observed<Control> {
  const { evaluator, settings } = planned;
  const notes = [...planned.notes];
  const options: Control = {
    ...control,
    onEvent: (event) => {
      if (event.type === "note") notes.push(event.message);
      control.onEvent(event);
    },
  };
  return {
    plan: { ...planned, evaluator: sampledEvaluator(evaluator, settings.seed) },
    options,
    notes,
  };
}
