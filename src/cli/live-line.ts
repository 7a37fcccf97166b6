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

/** Moves to the first column and clears the line. */
const CLEAR = "\r\x1b[K";

/** Least time between two drawings, in milliseconds. */
const DRAW_EVERY = 80;

let shown: readonly LinePart[] | undefined;
let drawnAt = 0;

function draw(): void {
  if (shown === undefined) return;
  drawnAt = performance.now();
  // The last column is left free: some terminals wrap when it is written.
  process.stderr.write(CLEAR + fitLine(shown, (process.stderr.columns || 80) - 1));
}

/** Shows a line at the bottom of the terminal, in the place of the one shown before. */
export function showLine(parts: readonly LinePart[]): void {
  const first = shown === undefined;
  shown = parts;
  if (first || performance.now() - drawnAt >= DRAW_EVERY) draw();
}

/** Takes the line away. */
export function clearLine(): void {
  if (shown === undefined) return;
  shown = undefined;
  process.stderr.write(CLEAR);
}

/** Writes whole lines to stderr, above the line that is shown. */
export function writeAbove(text: string): void {
  if (shown === undefined) {
    process.stderr.write(text);
    return;
  }
  process.stderr.write(CLEAR + text);
  draw();
}
