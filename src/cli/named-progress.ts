import type { Progress, Terminal } from "./terminal.js";

/** Shows what is under way by its title. */
export function namedProgress(terminal: Terminal): {
  readonly show: (title: string, done: number, total: number) => void;
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
    show: (title, done, total) => {
      // A count that is done is over: the next one under the same title is another.
      if (shown !== title) {
        stop();
        progress = terminal.progress(title, total);
        shown = title;
      }
      progress?.update(done);
      if (done >= total) stop();
    },
  };
}
