import { SingleBar } from "cli-progress";

/** A part of a line: those of the highest `rank` are dropped first where the terminal is too narrow. */
interface LinePart {
  readonly text: string;
  readonly rank: number;
}

/** The parts that fit into a width, in their order; the one of the least rank stays in any case, cut where need be. */
export function fitLine(parts: readonly LinePart[], width: number): string {
  let kept = parts.filter(({ text }) => text !== "");
  const lineOf = () => kept.map(({ text }) => text).join(" ");
  while (kept.length > 1 && lineOf().length > width) {
    const last = Math.max(...kept.map(({ rank }) => rank));
    kept = kept.filter(({ rank }) => rank !== last);
  }
  return lineOf().slice(0, Math.max(0, width));
}

/** The line at the bottom of the terminal. */
let shown: readonly LinePart[] = [];
let bar: SingleBar | undefined;

/** Shows a line at the bottom of the terminal, in the place of the one shown before. */
export function showLine(parts: readonly LinePart[]): void {
  shown = parts;
  bar ??= startBar();
  bar.update(0);
}

function startBar(): SingleBar {
  const bar = new SingleBar({
    stream: process.stderr,
    // The last column is left free: some terminals wrap when it is written.
    format: () => fitLine(shown, (process.stderr.columns || 80) - 1),
    // A signal may end the process at any moment: nothing of the terminal is changed that would have to be put back.
    hideCursor: false,
    linewrap: true,
    clearOnComplete: true,
  });
  bar.start(1, 0);
  return bar;
}

/** Takes the line away. */
export function clearLine(): void {
  bar?.stop();
  bar = undefined;
}

/** Writes whole lines to stderr, above the line that is shown. */
export function writeAbove(text: string): void {
  const shows = bar !== undefined;
  clearLine();
  process.stderr.write(text);
  if (shows) bar = startBar();
}
