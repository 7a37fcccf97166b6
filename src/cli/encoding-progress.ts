import type { Progress, Terminal } from "./terminal.js";

/** One progress display a model. */
export function encodingProgress(terminal: Terminal) {
  let shown: { readonly model: string; readonly progress: Progress } | undefined;
  const stop = (): void => {
    shown?.progress.stop();
    shown = undefined;
  };
  return {
    stop,
    show: ({
      model,
      done,
      total,
    }: {
      readonly model: string;
      readonly done: number;
      readonly total: number;
    }): void => {
      if (shown?.model !== model) {
        stop();
        shown = { model, progress: terminal.progress(`encoding, ${model}`, total) };
      }
      shown.progress.update(done);
    },
  };
}
