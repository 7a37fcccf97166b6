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
}

/** A progress bar on a terminal, plain lines elsewhere, nothing with --quiet. */
export interface Progress {
  readonly update: (done: number, detail?: string) => void;
  readonly stop: () => void;
}

/** Least time between two plain progress lines, in milliseconds. */
const lineEvery = 5000;

export function openTerminal(options: {
  readonly json?: boolean;
  readonly quiet?: boolean;
}): Terminal {
  const quiet = options.quiet ?? false;
  return {
    json: options.json ?? false,
    result: (text) => process.stdout.write(`${options.json ? text : visible(text)}\n`),
    note: (text) => {
      if (!quiet) process.stderr.write(`${visible(text)}\n`);
    },
    progress: (name, total) => {
      const title = visible(name);
      if (quiet) return { update: () => {}, stop: () => {} };
      return process.stderr.isTTY && total !== undefined
        ? barProgress(title, total)
        : lineProgress(title, total);
    },
  };
}

function barProgress(title: string, total: number): Progress {
  const bar = new SingleBar({
    stream: process.stderr,
    format: `${title} {bar} {value}/{total} {detail}`,
    barsize: 24,
    hideCursor: true,
    clearOnComplete: true,
  });
  const left = timeLeft(total);
  bar.start(total, 0, { detail: "" });
  return {
    update: (done, detail = "") => bar.update(done, { detail: `${visible(detail)} ${left(done)}` }),
    stop: () => bar.stop(),
  };
}

function lineProgress(title: string, total: number | undefined): Progress {
  const left = total === undefined ? () => "" : timeLeft(total);
  let last = performance.now();
  return {
    update: (done, detail = "") => {
      const remaining = left(done);
      const now = performance.now();
      if (now - last < lineEvery) return;
      last = now;
      const of = total === undefined ? "" : `/${total}`;
      process.stderr.write(`${title} ${done}${of} ${visible(detail)} ${remaining}\n`);
    },
    stop: () => {},
  };
}

/** `1m05s left`, from the mean rate since the first call: what was done before that, by a resumed run, took no time here. */
function timeLeft(total: number): (done: number) => string {
  let first: { readonly done: number; readonly at: number } | undefined;
  return (done) => {
    first ??= { done, at: performance.now() };
    if (done <= first.done || done >= total) return "";
    const seconds = (performance.now() - first.at) / 1000 / (done - first.done);
    return `${formatSeconds(seconds * (total - done))} left`;
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
