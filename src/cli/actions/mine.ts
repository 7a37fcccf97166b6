import type { Command } from "commander";
import { rowTable } from "../../dataset/prepare/row-table.js";
import { preview } from "../../dataset/preview.js";
import { tableFormat, writeTable } from "../../dataset/writers/table-file.js";
import { counted } from "../../errors/counted.js";
import { usageError } from "../../errors/user-error.js";
import { refuseExisting } from "../../files/new-file.js";
import { refuseSameFile } from "../../files/usable-path.js";
import { type MineEvent, mineNegatives } from "../../jobs/mine.js";
import { mergeMined, writePartManifest } from "../../jobs/mined-parts.js";
import { shardOption } from "../../jobs/options/embed.js";
import { mineDataOptions, mineTable, ruleOptions, searchOptions } from "../../jobs/options/mine.js";
import { tableOutOptions } from "../../jobs/options/shared.js";
import type { Margin, SelectionRules } from "../../mining/select-negatives.js";
import type { OptionsOf } from "../../options/option.js";
import { formatDataSummary, formatPreview } from "../../report/data-summary.js";
import { formatMined } from "../../report/mine-summary.js";
import { clusterShard } from "../cluster-shard.js";
import { mergeFlag } from "../flags/embed.js";
import { goingOn, outputSignal } from "../interrupt.js";
import { refuseBesideMerge } from "../merge-flag.js";
import { modelNote } from "../model-note.js";
import { namedProgress } from "../named-progress.js";
import { flagsOf, jobOptions } from "../options/add-options.js";
import { outputOptions } from "../options/output-options.js";
import { openTerminal, type Terminal } from "../terminal.js";

/** What `embtune mine` does. */
export async function runMine(data: string | undefined, command: Command): Promise<void> {
  const terminal = openTerminal(flagsOf(command, outputOptions));
  const { merge } = flagsOf(command, mergeFlag);
  if (merge !== undefined) return runMerge(merge, data, command);
  if (data === undefined)
    throw usageError("no-data", "no pairs given", "embtune mine DATA --out FILE");
  const flags = flagsOf(command, tableOutOptions);
  tableFormat(flags.out);
  const { shard } = flagsOf(command, shardOption);
  if (shard !== undefined && flags.csvSafe)
    throw usageError(
      "option-without-effect",
      "--csv-safe is for the file of all rows, and --shard writes a part",
      "give it with --merge",
    );
  refuseExisting(flags.out, flags);
  refuseSameFile(flags.out, [data, flagsOf(command, mineDataOptions).corpus]);
  const show = mineProgress(terminal);
  const { cache } = flagsOf(command, searchOptions);
  const rules = rulesOf(flagsOf(command, ruleOptions));
  const mined = await mineNegatives({
    ...jobOptions(command, mineTable),
    data,
    rules,
    shard: clusterShard(shard, process.env),
    cache: cache ?? `${flags.out}.cache`,
    signal: outputSignal(),
    onEvent: show.onEvent,
  })
    .finally(show.stop)
    .catch(goingOn(() => "vectors and search are kept, and the same command goes on from there"));
  await writeTable(flags.out, rowTable({ kind: "pair", rows: mined.rows }), flags);
  await writePartManifest(flags.out, mined);
  if (terminal.json) {
    const { counts, quantiles, rowsWith, candidates } = mined;
    const rows = mined.rows.length;
    const models = { model: mined.model.name, judge: mined.judge?.name };
    const record = { out: flags.out, rows, candidates, ...models, counts, quantiles, rowsWith };
    terminal.result(JSON.stringify(record, null, 2));
    return;
  }
  terminal.note(formatPreview(preview({ ...mined.dataset, rows: mined.rows }, 2)));
  terminal.result(formatMined(mined, flags.out, rules));
}

async function runMerge(
  files: readonly string[],
  data: string | undefined,
  command: Command,
): Promise<void> {
  const terminal = openTerminal(flagsOf(command, outputOptions));
  refuseBesideMerge(command, data, { ...mineTable, ...ruleOptions });
  const { out, ...writing } = flagsOf(command, tableOutOptions);
  const rows = await mergeMined({ files, out, ...writing });
  terminal.result(
    terminal.json ? JSON.stringify({ out, rows }, null, 2) : `${out}: ${counted(rows, "row")}`,
  );
}

function rulesOf(flags: OptionsOf<typeof ruleOptions>): SelectionRules {
  const { numNegatives: count, rangeMin, sampling, maxScore } = flags;
  const margin = flags.margin === undefined ? undefined : marginOf(flags.margin);
  const choosy = maxScore !== undefined || margin !== undefined || sampling === "random";
  const rangeMax = flags.rangeMax ?? rangeMin + (choosy ? 10 : 1) * count;
  if (rangeMax <= rangeMin) {
    throw usageError(
      "bad-option",
      `--range-max must be above --range-min, got ${rangeMax} and ${rangeMin}`,
    );
  }
  return { count, rangeMin, rangeMax, sampling, maxScore, margin };
}

/** `0.1` is a difference, `5%` a share of the positive's score. */
function marginOf(text: string): Margin {
  const share = text.trim().endsWith("%");
  const number = Number.parseFloat(text);
  const value = share ? number / 100 : number;
  if (value > 2) throw usageError("bad-option", `--margin must be at most 2 or 200%, got ${text}`);
  return { kind: share ? "relative" : "absolute", value };
}

function mineProgress(terminal: Terminal) {
  const { show, stop } = namedProgress(terminal);
  return {
    stop,
    onEvent: (event: MineEvent): void => {
      if (event.type === "data") {
        terminal.note(formatDataSummary(event.dataset, []));
        terminal.note(counted(event.candidates, "distinct candidate"));
      }
      if (event.type === "model") terminal.note(modelNote(event.info));
      if (event.type === "note") terminal.note(`note: ${event.message}`);
      if (event.type === "encoding") show("encoding", event.done, event.total);
      // In millions, as the number of products soon leaves what can be read.
      if (event.type === "search")
        show("million products", Math.round(event.done / 1e6), Math.ceil(event.total / 1e6));
    },
  };
}
