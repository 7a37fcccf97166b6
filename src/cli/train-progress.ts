import { times100 } from "../report/scores.js";
import type { OnTrainEvent, TrainEvent } from "../training/events.js";
import type { Progress, Terminal } from "./terminal.js";

/** Shows a run's events: a bar while texts are encoded, another while steps are made, a line an evaluation. */
export function trainProgress(
  terminal: Terminal,
  steps: number,
): { readonly onEvent: OnTrainEvent; readonly stop: () => void } {
  let bar: Progress | undefined;
  let shown: "encoding" | "step" | undefined;
  let first: { readonly step: number; readonly at: number } | undefined;
  const show = (kind: "encoding" | "step", total: number): Progress => {
    if (shown !== kind || bar === undefined) {
      bar?.stop();
      bar = terminal.progress(kind === "encoding" ? "encoding" : "training", total);
      shown = kind;
    }
    return bar;
  };
  const stop = (): void => {
    bar?.stop();
    bar = undefined;
    shown = undefined;
  };
  const onEvent = (event: TrainEvent): void => {
    if (event.type === "encoding") show("encoding", event.total).update(event.done);
    if (event.type === "step") {
      const { step, loss } = event.record;
      first ??= { step, at: performance.now() };
      const rate = (step - first.step) / ((performance.now() - first.at) / 1000);
      const speed = step === first.step ? "" : ` ${rate.toFixed(1)} steps/s`;
      show("step", steps).update(step, `loss ${loss.toFixed(4)}${speed}`);
    }
    if (event.type === "note") terminal.note(event.message);
    if (event.type === "evaluation") {
      stop();
      terminal.note(evaluationLine(event));
    }
  };
  return { onEvent, stop };
}

function evaluationLine({ record, best }: Extract<TrainEvent, { type: "evaluation" }>): string {
  const scores = Object.entries(record.eval).map(([key, value]) => `${key} ${times100(value)}`);
  return `step ${record.step}: ${scores.join(", ")}${best && record.step > 0 ? " (best)" : ""}`;
}
