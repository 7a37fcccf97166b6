import { visible } from "../errors/visible.js";
import { clearLine, showLine, writeAbove } from "./live-line.js";
import { type Clock, paceClock } from "./pace.js";

/** Where a command writes: results to stdout, everything else to stderr. */
export interface Terminal {
  readonly json: boolean;
  /** Columns of the terminal that results go to; unknown where a program reads them. */
  readonly width: number | undefined;
  /** A result: part of what a program that reads stdout gets. */
  readonly result: (text: string) => void;
  /** A remark for the person at the terminal; not with --quiet. */
  readonly note: (text: string) => void;
  /** Starts a progress display; without a total it counts only. Time left is by the mean rate, or as `clock` reckons it. */
  readonly progress: (title: string, total: number | undefined, clock?: Clock) => Progress;
  /** How far something has come that is shown while nothing else is: whatever is written ends it, and the next call shows it again. */
  readonly passing: (title: string, done: number, total: number | undefined) => void;
}

/** A progress bar on a terminal, plain lines elsewhere, nothing with --quiet. */
export interface Progress {
  /** `detail` stands in the place of the rate. */
  readonly update: (done: number, detail?: string) => void;
  readonly stop: () => void;
}

/** Least time between two plain progress lines, in milliseconds. */
const lineEvery = 5000;

/** When the first plain line comes. */
const firstLineAfter = 1000;

/** Characters of a bar. */
const BAR = 24;

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
    width: process.stdout.isTTY ? process.stdout.columns : undefined,
    result: (text) => {
      endPassing();
      process.stdout.write(`${options.json ? text : visible(text)}\n`);
    },
    note: (text) => {
      if (quiet) return;
      endPassing();
      writeAbove(`${visible(text)}\n`);
    },
    progress: (title, total, clock = paceClock(total)) => {
      if (quiet) return { update: () => {}, stop: () => {} };
      endPassing();
      return counted(display(title, { total, firstAfter: firstLineAfter, clock }));
    },
    passing: (title, done, total) => {
      if (quiet || screen.bars > 0) return;
      const clock = paceClock(total);
      screen.passing ??= { title, progress: display(title, { total, firstAfter: 0, clock }) };
      if (screen.passing.title === title) screen.passing.progress.update(done);
    },
  };
}

interface Display {
  readonly total: number | undefined;
  /** Milliseconds until the first plain line. */
  readonly firstAfter: number;
  readonly clock: Clock;
}

function display(name: string, form: Display): Progress {
  const title = visible(name);
  const { total, clock } = form;
  return process.stderr.isTTY && total !== undefined
    ? barProgress(title, total, clock)
    : lineProgress(title, form);
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

function barProgress(title: string, total: number, clock: Clock): Progress {
  return {
    update: (done, detail = "") => {
      const { rate, left } = clock(done);
      const share = Math.min(1, done / Math.max(total, 1));
      const full = Math.round(share * BAR);
      showLine([
        { text: title, rank: 1 },
        { text: "█".repeat(full) + "░".repeat(BAR - full), rank: 3 },
        { text: `${done}/${total}`, rank: 2 },
        { text: visible(detail) || rate, rank: 4 },
        { text: left, rank: 0 },
      ]);
    },
    stop: clearLine,
  };
}

function lineProgress(title: string, { total, firstAfter, clock }: Display): Progress {
  let next = performance.now() + firstAfter;
  return {
    update: (done, detail = "") => {
      const { rate, left } = clock(done);
      const now = performance.now();
      if (now < next) return;
      next = now + lineEvery;
      const of = total === undefined ? "" : `/${total}`;
      const parts = [title, `${done}${of}`, visible(detail) || rate, left];
      writeAbove(`${parts.filter((part) => part !== "").join(" ")}\n`);
    },
    stop: () => {},
  };
}
