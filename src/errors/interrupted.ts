/** The user stopped the work (Ctrl-C, SIGTERM, an AbortSignal). The program ends with exit code 130. */
export class InterruptedError extends Error {
  constructor(message = "interrupted") {
    super(message);
    this.name = "InterruptedError";
  }
}

/** Throws an InterruptedError when the signal has been aborted. */
export function throwIfInterrupted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw new InterruptedError();
}
