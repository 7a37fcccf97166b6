import { InterruptedError } from "../errors/interrupted.js";
import { releaseAll } from "../training/run-folder/run-lock.js";
import { clearLine, writeAbove } from "./live-line.js";

/** How long work without anything to save may take to end, in milliseconds. */
const GRACE = 1000;

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** What is stopped when stdout is gone. */
const running = new Set<AbortController>();

/**
 * For work that loses nothing when it ends at any moment: Ctrl-C and SIGTERM end the process as they end any other, whatever it is busy
 * with, since nobody listens. The signal aborts when stdout is gone.
 */
export function outputSignal(): AbortSignal {
  const controller = new AbortController();
  running.add(controller);
  return controller.signal;
}

/**
 * A signal that aborts on Ctrl-C, SIGTERM or a closed terminal, so that work can end in good order. `saves`: whether the work has
 * something to save by now; then it does, however long that takes. Anything else is ended after a moment, and everything by a second
 * signal: at once, whatever ONNX Runtime is doing.
 */
export function interruptSignal(saves: () => boolean = () => false): AbortSignal {
  const controller = new AbortController();
  running.add(controller);
  const stop = (name: NodeJS.Signals): void => {
    if (controller.signal.aborted) endBy(name);
    const saving = saves();
    const how = saving ? " after the step under way; press Ctrl-C again to stop at once" : "";
    writeAbove(`\nstopping${how}\n`);
    if (!saving) setTimeout(() => endBy(name), GRACE).unref();
    controller.abort();
  };
  for (const name of SIGNALS) process.on(name, stop);
  return controller.signal;
}

/** Stops all work as a first Ctrl-C does. */
export function stopAll(): void {
  for (const controller of running) controller.abort();
}

/** Adds to an InterruptedError how to go on; other errors pass. */
export function goingOn(how: () => string | undefined): (error: unknown) => never {
  return (error) => {
    const command = error instanceof InterruptedError ? how() : undefined;
    if (command === undefined) throw error;
    throw new InterruptedError(`${(error as InterruptedError).message}; ${command}`);
  };
}

/** Ends the process as if it had not listened to the signal: the shell sees 128 + its number, 130 for Ctrl-C. Nothing can delay that. */
function endBy(name: NodeJS.Signals): void {
  clearLine();
  releaseAll();
  process.removeAllListeners(name);
  process.kill(process.pid, name);
}
