import type { EvaluateEvent } from "../jobs/evaluate-options.js";
import { formatDataSummary } from "../report/data-summary.js";
import { modelNote } from "./model-note.js";
import { namedProgress } from "./named-progress.js";
import type { Terminal } from "./terminal.js";

/** Shows what `evaluate` and `compare` read, open and embed. */
export function measuringProgress(terminal: Terminal): {
  readonly onEvent: (event: EvaluateEvent) => void;
  readonly stop: () => void;
} {
  const { show, stop } = namedProgress(terminal);
  return {
    stop,
    onEvent: (event) => {
      if (event.type === "encoding")
        return show(`embedding by ${event.model}`, event.done, event.total);
      stop();
      if (event.type === "data") terminal.note(formatDataSummary(event.dataset, []));
      if (event.type === "model") terminal.note(modelNote(event.info));
      if (event.type === "note") terminal.note(`note: ${event.message}`);
    },
  };
}
