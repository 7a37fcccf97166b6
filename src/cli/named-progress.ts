import type { Clock } from "./pace.js";
import type { Progress, Terminal } from "./terminal.js";

/** Shows what is under way by its title. */
export function namedProgress(
  terminal: Terminal,
  clockOf: (title: string) => Clock | undefined = () => undefined,
): {
  readonly show: (title: string, done: number, total: number, detail?: string) => void;
  readonly stop: () => void;
} {
  let progress: Progress | undefined;
  let shown = "";
  const stop = (): void => {
    progress?.stop();
    progress = undefined;
    shown = "";
  };
  return {
    stop,
    show: (title, done, total, detail) => {
      // A count that is done is over: the next one under the same title is another.
      if (shown !== title) {
        stop();
        progress = terminal.progress(title, total, clockOf(title));
        shown = title;
      }
      progress?.update(done, detail);
      if (done >= total) stop();
    },
  };
}
