import { join } from "node:path";
import { run } from "../../dist/cli/main.js";
import { type CliResult, root } from "./cli.js";

const streams = [process.stdout, process.stderr] as const;
let busy = false;

/**
 * Runs the built program in this process, which has loaded it already: a second less than a process of its own. For tests of what a
 * command answers and writes, one after another; those of signals, outputs, installation and exit keep a process a command.
 */
export async function embtune(
  args: readonly string[],
  { cwd = root }: { readonly cwd?: string } = {},
): Promise<CliResult> {
  if (busy) throw new Error("commands in this process run one after another");
  busy = true;
  const place = process.cwd();
  const said = streams.map(() => "");
  const before = streams.map((stream) => ({
    write: stream.write,
    listeners: stream.listeners("error"),
  }));
  const signals = ["SIGINT", "SIGTERM", "SIGHUP"].map(
    (name) => [name, process.listeners(name as NodeJS.Signals)] as const,
  );
  for (const [i, stream] of streams.entries()) {
    stream.write = ((chunk: string | Uint8Array) => {
      said[i] += Buffer.from(chunk as string).toString();
      return true;
    }) as typeof stream.write;
  }
  process.exitCode = undefined;
  process.chdir(cwd);
  try {
    await run([process.execPath, join(root, "bin", "embtune.js"), ...args]);
    return { code: Number(process.exitCode ?? 0), stdout: said[0], stderr: said[1] };
  } finally {
    busy = false;
    process.chdir(place);
    process.exitCode = undefined;
    for (const [i, stream] of streams.entries()) {
      stream.write = before[i].write;
      restore(stream, "error", before[i].listeners);
    }
    for (const [name, listeners] of signals) restore(process, name, listeners);
  }
}

/** Takes away the listeners that were added since. */
function restore(
  emitter: NodeJS.EventEmitter,
  event: string,
  // biome-ignore lint/complexity/noBannedTypes: what `listeners` gives
  known: readonly Function[],
): void {
  for (const listener of emitter.listeners(event))
    if (!known.includes(listener)) emitter.removeListener(event, listener as () => void);
}
