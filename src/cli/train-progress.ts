import { times100 } from "../report/scores.js";
import type { OnTrainEvent, StepRecord, TrainEvent } from "../training/run-folder/events.js";
import type { Progress, Terminal } from "./terminal.js";

/** Shows a run's events: a bar while texts are encoded, another while steps are made, a line an evaluation. */
export function trainProgress(
  terminal: Terminal,
  steps: number,
  debug = false,
): { readonly onEvent: OnTrainEvent; readonly stop: () => void } {
  let bar: Progress | undefined;
  let shown: "encoding" | "step" | undefined;
  const speed = speedometer();
  const byFile = fileMeans();
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
      const { step, loss, losses } = event.record;
      show("step", steps).update(step, `${lossText(loss, losses)}${speed(event.record)}`);
      byFile.add(losses);
    }
    if (event.type === "rewrites" && debug) terminal.note(rewriteLines(event.notes));
    if (event.type === "note") terminal.note(event.message);
    if (event.type === "interpolation") {
      stop();
      terminal.note(`α ${event.record.alpha}: ${scoresText(event.record.scores)}`);
    }
    if (event.type === "evaluation") {
      stop();
      terminal.note(`${evaluationLine(event)}${byFile.take()}`);
    }
  };
  return { onEvent, stop };
}

type Losses = StepRecord["losses"];

/** `loss 0.4131`, with the file where there are several. */
function lossText(loss: number, losses: Losses): string {
  if (losses === undefined) return `loss ${loss.toFixed(4)}`;
  return Object.entries(losses)
    .map(([file, value]) => `loss ${value.toFixed(4)} of ${file}`)
    .join(", ");
}

/** Mean losses of each of several files since the evaluation before: `; loss 0.4131 of a.csv, 1.2042 of b.csv`. */
function fileMeans(): { readonly add: (losses: Losses) => void; readonly take: () => string } {
  const seen = new Map<string, { readonly sum: number; readonly count: number }>();
  return {
    add: (losses = {}) => {
      for (const [file, loss] of Object.entries(losses)) {
        const { sum, count } = seen.get(file) ?? { sum: 0, count: 0 };
        seen.set(file, { sum: sum + loss, count: count + 1 });
      }
    },
    take: () => {
      const means = [...seen].map(
        ([file, { sum, count }]) => `${(sum / count).toFixed(4)} of ${file}`,
      );
      seen.clear();
      return means.length === 0 ? "" : `; loss ${means.join(", ")}`;
    },
  };
}

/** ` 4.1 steps/s 6,770 tokens/s`, the means since the first step seen. */
function speedometer(): (record: StepRecord) => string {
  let first: { readonly step: number; readonly at: number } | undefined;
  let tokens = 0;
  return (record) => {
    if (first === undefined) {
      first = { step: record.step, at: performance.now() };
      return "";
    }
    tokens += record.tokens;
    const seconds = (performance.now() - first.at) / 1000;
    const rate = ` ${((record.step - first.step) / seconds).toFixed(1)} steps/s`;
    if (tokens === 0) return rate;
    return `${rate} ${Math.round(tokens / seconds).toLocaleString("en-US")} tokens/s`;
  };
}

/** `rewrite  packing          3 applied` a line, with the reason where one applied nowhere. */
function rewriteLines(notes: Extract<TrainEvent, { type: "rewrites" }>["notes"]): string {
  const width = Math.max(...notes.map(({ name }) => name.length));
  return notes
    .map(({ name, applied, note }) => {
      const reason = note === "" ? "" : ` (${note})`;
      return `rewrite  ${name.padEnd(width)}  ${applied} applied${reason}`;
    })
    .join("\n");
}

function evaluationLine({ record, best }: Extract<TrainEvent, { type: "evaluation" }>): string {
  const mark = best && record.step > 0 ? " (best)" : "";
  return `step ${record.step}: ${scoresText(record.eval)}${mark}`;
}

function scoresText(scores: Readonly<Record<string, number>>): string {
  return Object.entries(scores)
    .map(([key, value]) => `${key} ${times100(value)}`)
    .join(", ");
}
