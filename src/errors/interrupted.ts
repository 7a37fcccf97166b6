import { usageError } from "./user-error.js";

/** The user stopped the work (Ctrl-C, SIGTERM, an AbortSignal). The program ends with exit code 130. */
export class InterruptedError extends Error {
  constructor(message = "interrupted") {
    super(message);
    this.name = "InterruptedError";
  }
}

/** Refuses what is no AbortSignal: a controller in its place would never stop anything. Usage error: bad-signal. */
export function requireSignal(signal: unknown): void {
  if (signal === undefined || signal instanceof AbortSignal) return;
  const got = signal instanceof AbortController ? "an AbortController" : JSON.stringify(signal);
  throw usageError("bad-signal", `signal must be an AbortSignal, got ${got}`, "controller.signal");
}

/** Throws an InterruptedError when the signal has been aborted. */
export function throwIfInterrupted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw new InterruptedError();
}
