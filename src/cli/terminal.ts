import { SingleBar } from "cli-progress";
import { visible } from "../errors/visible.js";

/** Where a command writes: results to stdout, everything else to stderr. */
export interface Terminal {
  readonly json: boolean;
  /** A result: part of what a program that reads stdout gets. */
  readonly result: (text: string) => void;
  /** A remark for the person at the terminal; not with --quiet. */
  readonly note: (text: string) => void;
  /** Starts a progress display; without a total it counts only. */
  readonly progress: (title: string, total: number | undefined) => Progress;
  /** How far something has come that is shown while nothing else is: whatever is written ends it, and the next call shows it again. */
  readonly passing: (title: string, done: number, total: number | undefined) => void;
}

/** A progress bar on a terminal, plain lines elsewhere, nothing with --quiet. */
export interface Progress {
  readonly update: (done: number, detail?: string) => void;
  readonly stop: () => void;
}

/** Least time between two plain progress lines, in milliseconds. */
const lineEvery = 5000;

/** When the first plain line comes. */
const firstLineAfter = 1000;

/** What stderr shows at the moment; all terminals of a process write to the same. */
const screen: {
  bars: number;
  passing: { readonly title: string; readonly progress: Progress } | undefined;
} = { bars: 0, passing: undefined };

/** Ends the passing display: that of `title`, or whichever there is. */
export function endPassing(title = screen.passing?.title): void {
  if (screen.passing?.title !== title) return;
  screen.passing?.progress.stop();
  screen.passing = undefined;
}

export function openTerminal(options: {
  readonly json?: boolean;
  readonly quiet?: boolean;
}): Terminal {
  const quiet = options.quiet ?? false;
  return {
    json: options.json ?? false,
    result: (text) => {
      endPassing();
      process.stdout.write(`${options.json ? text : visible(text)}\n`);
    },
    note: (text) => {
      if (quiet) return;
      endPassing();
      process.stderr.write(`${visible(text)}\n`);
    },
    progress: (title, total) => {
      if (quiet) return { update: () => {}, stop: () => {} };
      endPassing();
      return counted(display(title, { total, firstAfter: firstLineAfter }));
    },
    passing: (title, done, total) => {
      if (quiet || screen.bars > 0) return;
      screen.passing ??= { title, progress: display(title, { total, firstAfter: 0 }) };
      if (screen.passing.title === title) screen.passing.progress.update(done);
    },
  };
}

interface Display {
  readonly total: number | undefined;
  /** Milliseconds until the first plain line. */
  readonly firstAfter: number;
}

function display(name: string, { total, firstAfter }: Display): Progress {
  const title = visible(name);
  return process.stderr.isTTY && total !== undefined
    ? barProgress(title, total)
    : lineProgress(title, { total, firstAfter });
}

/** Keeps passing displays away until it is stopped. */
function counted(progress: Progress): Progress {
  let live = true;
  screen.bars += 1;
  return {
    update: progress.update,
    stop: () => {
      if (live) screen.bars -= 1;
      live = false;
      progress.stop();
    },
  };
}

function barProgress(title: string, total: number): Progress {
  const bar = new SingleBar({
    stream: process.stderr,
    format: `${title} {bar} {value}/{total} {detail}`,
    barsize: 24,
    // A signal may end the process at any moment: nothing of the terminal is changed that would have to be put back.
    hideCursor: false,
    linewrap: true,
    clearOnComplete: true,
  });
  const pace = paceOf(total);
  bar.start(total, 0, { detail: "" });
  return {
    update: (done, detail = "") => bar.update(done, { detail: pace(done, detail) }),
    stop: () => bar.stop(),
  };
}

function lineProgress(title: string, { total, firstAfter }: Display): Progress {
  const pace = paceOf(total);
  let next = performance.now() + firstAfter;
  return {
    update: (done, detail = "") => {
      const rate = pace(done, detail);
      const now = performance.now();
      if (now < next) return;
      next = now + lineEvery;
      const of = total === undefined ? "" : `/${total}`;
      process.stderr.write(`${title} ${done}${of} ${rate}\n`);
    },
    stop: () => {},
  };
}

/**
 * `410/s 1m05s left`, from the mean rate since the first call: what was done before that, by a resumed run, took no time here. A detail
 * stands in the place of the rate.
 */
function paceOf(total = Number.NaN): (done: number, detail: string) => string {
  let first: { readonly done: number; readonly at: number } | undefined;
  return (done, detail) => {
    first ??= { done, at: performance.now() };
    const rate = (1000 * (done - first.done)) / (performance.now() - first.at);
    const known = rate > 0 && Number.isFinite(rate);
    const shown = rate < 10 ? rate.toFixed(1) : Math.round(rate).toLocaleString("en-US");
    const left = known && done < total ? `${formatSeconds((total - done) / rate)} left` : "";
    return `${visible(detail) || (known ? `${shown}/s` : "")} ${left}`;
  };
}

/** `0.4s`, `12s`, `3m05s`, `2h10m`. */
export function formatSeconds(seconds: number): string {
  if (seconds < 10) return `${seconds.toFixed(1)}s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole}s`;
  if (whole < 3600) return `${Math.floor(whole / 60)}m${String(whole % 60).padStart(2, "0")}s`;
  return `${Math.floor(whole / 3600)}h${String(Math.floor((whole % 3600) / 60)).padStart(2, "0")}m`;
}
