import type { Command } from "commander";
import { embed, manifestPath } from "../../export/embed.js";
import { interruptSignal } from "../interrupt.js";
import { modelNote } from "../model-note.js";
import type { CommonOptions, ModelOptions } from "../parse.js";
import { openTerminal, type Progress } from "../terminal.js";

interface Flags extends CommonOptions, ModelOptions {
  readonly out: string;
  readonly column?: string;
  readonly overwrite?: boolean;
  readonly batchSize?: number;
}

/** What `embtune embed` does. */
export async function runEmbed(data: string, command: Command): Promise<void> {
  const flags = command.opts<Flags>();
  const terminal = openTerminal(flags);
  const started = performance.now();
  let progress: Progress | undefined;
  const manifest = await embed({
    ...flags,
    data,
    signal: interruptSignal(),
    onEvent: (event) => {
      if (event.type === "source") {
        terminal.note(`${data}: ${event.dialect}, texts in "${event.column}"`);
        progress = terminal.progress("embedding", event.total);
      }
      if (event.type === "model") terminal.note(modelNote(event.info));
      if (event.type === "written") progress?.update(event.rows, rateOf(event.rows, started));
    },
  }).finally(() => progress?.stop());
  if (terminal.json) {
    terminal.result(JSON.stringify(manifest, null, 2));
    return;
  }
  const { file, rows, dimension, dtype } = manifest;
  terminal.result(`${file}: ${rows} × ${dimension} ${dtype}, ${rateOf(rows, started)}`);
  terminal.note(`manifest: ${manifestPath(manifest.file)}`);
}

function rateOf(rows: number, started: number): string {
  return `${(rows / ((performance.now() - started) / 1000)).toFixed(0)} texts/s`;
}
