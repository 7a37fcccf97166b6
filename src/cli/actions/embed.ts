import type { Command } from "commander";
import type { EmbedOptions } from "../../embeddings/embed-options.js";
import { type EmbeddingManifest, manifestPath } from "../../embeddings/manifest.js";
import { usageError } from "../../errors/user-error.js";
import { embed } from "../../jobs/embed.js";
import { mergeEmbeddings } from "../../jobs/merge.js";
import { interruptSignal } from "../interrupt.js";
import { modelNote } from "../model-note.js";
import type { CommonOptions } from "../parse.js";
import { type ReaderFlags, readerOptions } from "../reader-options.js";
import { openTerminal, type Progress, type Terminal } from "../terminal.js";

interface Flags
  extends CommonOptions,
    ReaderFlags,
    Omit<EmbedOptions, "data" | "signal" | "onEvent"> {
  readonly threads?: number;
  readonly merge?: readonly string[];
}

/** What `embtune embed` does. */
export async function runEmbed(data: string | undefined, command: Command): Promise<void> {
  const flags = command.opts<Flags>();
  const terminal = openTerminal(flags);
  if (flags.merge !== undefined) return runMerge(flags.merge, data, command);
  if (data === undefined) {
    throw usageError("no-data", "no texts given", "embtune embed DATA --out vectors.npy");
  }
  const started = performance.now();
  let progress: Progress | undefined;
  let encoded = 0;
  const manifest = await embed({
    ...flags,
    reader: readerOptions(flags).reader,
    data,
    signal: interruptSignal(),
    onEvent: (event) => {
      if (event.type === "source") {
        terminal.note(`${data}: ${event.dialect}, texts in "${event.column}"`);
        progress = terminal.progress("embedding", event.total);
      }
      if (event.type === "note") terminal.note(`note: ${event.message}`);
      if (event.type === "model") terminal.note(modelNote(event.info));
      if (event.type === "written") {
        encoded = event.rows - event.before;
        progress?.update(event.rows, rateOf(encoded, started));
      }
    },
  }).finally(() => progress?.stop());
  show(manifest, `, ${rateOf(encoded, started)}`, terminal);
}

/** Options that say something about a merge; all others belong to embedding. */
const mergeFlags = new Set(["merge", "out", "overwrite", "json", "quiet", "debug"]);

async function runMerge(
  files: readonly string[],
  data: string | undefined,
  command: Command,
): Promise<void> {
  const flags = command.opts<Flags>();
  const given = Object.keys(flags).filter(
    (name) => command.getOptionValueSource(name) === "cli" && !mergeFlags.has(name),
  );
  if (data !== undefined || given.length > 0) {
    const what = data === undefined ? `--${given[0]}` : `DATA ("${data}")`;
    throw usageError("merge-with-data", `--merge puts written files together and takes no ${what}`);
  }
  const { out, overwrite } = flags;
  const manifest = await mergeEmbeddings({ files, out, overwrite });
  show(manifest, "", openTerminal(flags));
}

function show(manifest: EmbeddingManifest, rate: string, terminal: Terminal): void {
  if (terminal.json) {
    terminal.result(JSON.stringify(manifest, null, 2));
    return;
  }
  const { file, rows, dimension, dtype } = manifest;
  terminal.result(`${file}: ${rows} × ${dimension} ${dtype}${rate}`);
  terminal.note(`manifest: ${manifestPath(file)}`);
}

function rateOf(rows: number, started: number): string {
  return `${(rows / ((performance.now() - started) / 1000)).toFixed(0)} texts/s`;
}
