import { formatExpected } from "../report/plan-summary.js";
import { times100 } from "../report/scores.js";
import type { TrainingPlan } from "../training/plan/plan.js";
import type { OnTrainEvent, StepRecord, TrainEvent } from "../training/run-folder/events.js";
import { namedProgress } from "./named-progress.js";
import { runClock } from "./pace.js";
import type { Terminal } from "./terminal.js";

/** What a run's display must know of its plan. */
interface ShownRun {
  readonly steps: number;
  readonly evalEvery?: number | undefined;
  /** Whether evaluations embed anew, as the first one does: not with a frozen encoder, whose vectors are kept. */
  readonly embedsAnew?: boolean | undefined;
  /** Whether to tell how the encoder's graph was rewritten. */
  readonly debug?: boolean | undefined;
}

/** Of a plan. */
export function shownRun({ settings, steps, evalEvery }: TrainingPlan, debug?: boolean): ShownRun {
  return { steps, evalEvery, embedsAnew: settings.tune !== "head", debug };
}

/**
 * Shows a run's events: a bar while texts are encoded before the first step, then one of the steps that keeps its place across
 * evaluations, a line above it an evaluation, and a bar a measurement when the steps are made.
 */
export function trainProgress(
  terminal: Terminal,
  { steps, evalEvery = steps, embedsAnew = true, debug = false }: ShownRun,
): { readonly onEvent: OnTrainEvent; readonly stop: () => void } {
  const time = runClock({ steps, evalEvery, startCounts: embedsAnew });
  const shown = namedProgress(terminal, (title) => (title === TRAINING ? time.clock : undefined));
  const byFile = fileMeans();
  const speed = speedometer();
  let made = 0;
  let detail = "";
  const encoding = (done: number, total: number): void => {
    if (made === 0) {
      time.begin();
      shown.show("encoding", done, total);
    } else if (made < steps)
      shown.show(TRAINING, made, steps, `evaluating ${Math.round((100 * done) / total)} %`);
    else shown.show("measuring", done, total);
  };
  const onEvent = (event: TrainEvent): void => {
    if (event.type === "fold") {
      time.elsewhere();
      foldProgress(shown.show, event);
    }
    if (event.type === "encoding") encoding(event.done, event.total);
    if (event.type === "step") {
      const { step, loss, losses } = event.record;
      time.stepped();
      made = step;
      detail = `${lossText(loss, losses)}${speed(event.record)}`;
      shown.show(TRAINING, step, steps, detail);
      byFile.add(losses);
    }
    if (event.type === "rewrites" && debug) terminal.note(rewriteLines(event.notes));
    if (event.type === "note") terminal.note(event.message);
    if (event.type === "expected") terminal.note(formatExpected(event));
    if (event.type === "interpolation")
      terminal.note(`α ${event.record.alpha}: ${scoresText(event.record.scores)}`);
    if (event.type === "evaluation") {
      time.evaluated();
      terminal.note(`${evaluationLine(event)}${byFile.take()}`);
      if (made > 0 && made < steps) shown.show(TRAINING, made, steps, detail);
    }
  };
  return { onEvent, stop: shown.stop };
}

const TRAINING = "training";

type Show = ReturnType<typeof namedProgress>["show"];

/** A bar a fold; its evaluations are in its own log. */
function foldProgress(
  show: Show,
  { fold, of, event }: Extract<TrainEvent, { type: "fold" }>,
): void {
  const title = `fold ${fold} of ${of}`;
  if (event.type === "encoding") show("encoding", event.done, event.total);
  if (event.type === "step")
    show(title, event.record.step, event.steps, `loss ${event.record.loss.toFixed(4)}`);
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

/** ` 6,770 tokens/s`, the mean of the steps since the first one seen; nothing where no token goes through the encoder. */
function speedometer(): (record: StepRecord) => string {
  let seconds = 0;
  let tokens = 0;
  let first = true;
  return (record) => {
    if (!first) {
      tokens += record.tokens;
      seconds += record.msPerStep / 1000;
    }
    first = false;
    if (tokens === 0) return "";
    return ` ${Math.round(tokens / seconds).toLocaleString("en-US")} tokens/s`;
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
