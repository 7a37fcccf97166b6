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
}

/** A progress bar on a terminal, plain lines elsewhere, nothing with --quiet. */
export interface Progress {
  readonly update: (done: number, detail?: string) => void;
  readonly stop: () => void;
}

/** Least time between two plain progress lines, in milliseconds. */
const lineEvery = 5000;

/** Characters of a bar. */
const BAR = 24;

export function openTerminal(options: {
  readonly json?: boolean;
  readonly quiet?: boolean;
}): Terminal {
  const quiet = options.quiet ?? false;
  return {
    json: options.json ?? false,
    width: process.stdout.isTTY ? process.stdout.columns : undefined,
    result: (text) => process.stdout.write(`${options.json ? text : visible(text)}\n`),
    note: (text) => {
      if (!quiet) writeAbove(`${visible(text)}\n`);
    },
    progress: (name, total, clock = paceClock(total)) => {
      const title = visible(name);
      if (quiet) return { update: () => {}, stop: () => {} };
      return process.stderr.isTTY && total !== undefined
        ? barProgress(title, total, clock)
        : lineProgress(title, total, clock);
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

function lineProgress(title: string, total: number | undefined, clock: Clock): Progress {
  let last = performance.now();
  return {
    update: (done, detail = "") => {
      const { rate, left } = clock(done);
      const now = performance.now();
      if (now - last < lineEvery) return;
      last = now;
      const of = total === undefined ? "" : `/${total}`;
      const parts = [title, `${done}${of}`, visible(detail) || rate, left];
      writeAbove(`${parts.filter((part) => part !== "").join(" ")}\n`);
    },
    stop: () => {},
  };
}
