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
  const pace = paceOf(total);
  bar.start(total, 0, { detail: "" });
  return {
    update: (done, detail = "") => bar.update(done, { detail: pace(done, detail) }),
    stop: () => bar.stop(),
  };
}

function lineProgress(title: string, total: number | undefined): Progress {
  const pace = paceOf(total);
  let last = performance.now();
  return {
    update: (done, detail = "") => {
      const rate = pace(done, detail);
      const now = performance.now();
      if (now - last < lineEvery) return;
      last = now;
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
