/**
 * A signal that aborts on Ctrl-C or SIGTERM, so that work can end in good order. A second Ctrl-C ends the program at once with exit
 * code 130.
 */
export function interruptSignal(): AbortSignal {
  const controller = new AbortController();
  const stop = (): void => {
    if (controller.signal.aborted) process.exit(130);
    process.stderr.write(
      "\nstopping after the step under way; press Ctrl-C again to stop at once\n",
    );
    controller.abort();
  };
  process.on("SIGINT", stop);
  process.on("SIGTERM", stop);
  return controller.signal;
}
