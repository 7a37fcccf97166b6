import type { ProgressUnit, Wait } from "../files/progress.js";
import { endPassing, type Terminal } from "./terminal.js";

/** How long something lasts before it is shown, in milliseconds. */
const SHOW_AFTER = 1000;

/** What a display counts: bytes by the million. */
const shownUnits: Readonly<Record<ProgressUnit, { readonly name: string; readonly of: number }>> = {
  bytes: { name: "MB", of: 1e6 },
  texts: { name: "texts", of: 1 },
  rows: { name: "rows", of: 1 },
};

/** Shows what lasts longer than a second, such as files that are read, one at a time, and only where no other display is. */
export function waitProgress({ passing }: Pick<Terminal, "passing">): (wait: Wait) => void {
  const begun = new Map<string, number>();
  return ({ title: what, unit, done, total, ended }) => {
    const { name, of } = shownUnits[unit];
    const title = `${what}, ${name}`;
    if (ended) {
      begun.delete(title);
      endPassing(title);
      return;
    }
    const since = begun.get(title) ?? performance.now();
    begun.set(title, since);
    if (performance.now() - since < SHOW_AFTER) return;
    passing(title, Math.round(done / of), total && Math.round(total / of));
  };
}
