import type { Command } from "commander";
import { type EmbeddingManifest, manifestPath } from "../../embeddings/manifest.js";
import { usageError } from "../../errors/user-error.js";
import { embed } from "../../jobs/embed.js";
import { mergeEmbeddings } from "../../jobs/merge.js";
import { embedFileOptions, embedTable, shardOption } from "../../jobs/options/embed.js";
import { clusterShard } from "../cluster-shard.js";
import { mergeFlag } from "../flags/embed.js";
import { interruptSignal } from "../interrupt.js";
import { refuseBesideMerge } from "../merge-flag.js";
import { modelNote } from "../model-note.js";
import { flagsOf, jobOptions } from "../options/add-options.js";
import { outputOptions } from "../options/output-options.js";
import { openTerminal, type Progress, type Terminal } from "../terminal.js";

/** What `embtune embed` does. */
export async function runEmbed(data: string | undefined, command: Command): Promise<void> {
  const terminal = openTerminal(flagsOf(command, outputOptions));
  const { merge } = flagsOf(command, mergeFlag);
  if (merge !== undefined) return runMerge(merge, data, command);
  if (data === undefined) {
    throw usageError("no-data", "no texts given", "embtune embed DATA --out vectors.npy");
  }
  const started = performance.now();
  let progress: Progress | undefined;
  let encoded = 0;
  const manifest = await embed({
    ...jobOptions(command, embedTable),
    shard: clusterShard(flagsOf(command, shardOption).shard, process.env),
    out: flagsOf(command, embedFileOptions).out,
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

async function runMerge(
  files: readonly string[],
  data: string | undefined,
  command: Command,
): Promise<void> {
  const { out, overwrite } = flagsOf(command, embedFileOptions);
  // What says something about a merge; all else belongs to embedding.
  const { out: _, overwrite: __, ...others } = embedTable;
  refuseBesideMerge(command, data, others);
  const manifest = await mergeEmbeddings({ files, out, overwrite });
  show(manifest, "", openTerminal(flagsOf(command, outputOptions)));
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
