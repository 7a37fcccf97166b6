import type { Command } from "commander";
import { rowTable } from "../../dataset/prepare/row-table.js";
import { preview } from "../../dataset/preview.js";
import { tableFormat, writeTable } from "../../dataset/writers/table-file.js";
import type { GivenPrompts } from "../../encoder/prompts.js";
import { usageError } from "../../errors/user-error.js";
import { refuseExisting } from "../../files/new-file.js";
import { refuseSameFile } from "../../files/usable-path.js";
import { type MineEvent, mineNegatives } from "../../jobs/mine.js";
import type { Margin, SelectionRules } from "../../mining/select-negatives.js";
import { formatDataSummary, formatPreview } from "../../report/data-summary.js";
import { formatMined } from "../../report/mine-summary.js";
import { interruptSignal } from "../interrupt.js";
import { modelNote } from "../model-note.js";
import type { CommonOptions, ModelOptions } from "../parse.js";
import { type ReaderFlags, readerOptions } from "../reader-options.js";
import { openTerminal, type Progress, type Terminal } from "../terminal.js";

interface Flags extends CommonOptions, ModelOptions, ReaderFlags {
  readonly out: string;
  readonly overwrite?: boolean;
  readonly csvSafe?: boolean;
  readonly corpus?: string;
  readonly columns?: Record<string, string>;
  readonly labelMap?: Record<string, string>;
  readonly numNegatives: number;
  readonly rangeMin: number;
  readonly rangeMax?: number;
  readonly maxScore?: number;
  readonly margin?: Margin;
  readonly sampling: "top" | "random";
  readonly judge?: string;
  readonly prompts?: GivenPrompts;
  readonly cache?: string;
  readonly batchSize: number;
}

/** What `embtune mine` does. */
export async function runMine(data: string, command: Command): Promise<void> {
  const flags = command.opts<Flags>();
  const terminal = openTerminal(flags);
  tableFormat(flags.out);
  refuseExisting(flags.out, flags);
  refuseSameFile(flags.out, [data, flags.corpus]);
  const show = mineProgress(terminal);
  const { model, maxLength, pooling, allowDownload, batchSize, threads, seed } = flags;
  const mined = await mineNegatives({
    data,
    rules: rulesOf(flags),
    cache: flags.cache ?? `${flags.out}.cache`,
    signal: interruptSignal(),
    onEvent: show.onEvent,
    ...{ batchSize, seed, ...readerOptions(flags) },
    ...given({ model, maxLength, pooling, allowDownload, threads, prompts: flags.prompts }),
    ...given({ corpus: flags.corpus, judge: flags.judge }),
    ...given({ columns: flags.columns, labelMap: flags.labelMap }),
  }).finally(show.stop);
  await writeTable(flags.out, rowTable({ kind: "pair", rows: mined.rows }), flags);
  if (terminal.json) {
    const { counts, quantiles, rowsWith, candidates } = mined;
    const rows = mined.rows.length;
    const models = { model: mined.model.name, ...given({ judge: mined.judge?.name }) };
    const record = { out: flags.out, rows, candidates, ...models, counts, quantiles, rowsWith };
    terminal.result(JSON.stringify(record, null, 2));
    return;
  }
  terminal.note(formatPreview(preview({ ...mined.dataset, rows: mined.rows }, 2)));
  terminal.result(formatMined(mined, flags.out));
}

function rulesOf(flags: Flags): SelectionRules {
  const { numNegatives: count, rangeMin, sampling, maxScore, margin } = flags;
  const choosy = maxScore !== undefined || margin !== undefined || sampling === "random";
  const rangeMax = flags.rangeMax ?? rangeMin + (choosy ? 10 : 1) * count;
  if (rangeMax <= rangeMin) {
    throw usageError(
      "bad-option",
      `--range-max must be above --range-min, got ${rangeMax} and ${rangeMin}`,
    );
  }
  return { count, rangeMin, rangeMax, sampling, ...given({ maxScore, margin }) };
}

/** The object without its undefined values. */
function given<T extends object>(values: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };
}

function mineProgress(terminal: Terminal) {
  let progress: Progress | undefined;
  let title = "";
  const show = (name: string, done: number, total: number): void => {
    if (title !== name) {
      progress?.stop();
      progress = terminal.progress(name, total);
      title = name;
    }
    progress?.update(done);
  };
  return {
    stop: () => progress?.stop(),
    onEvent: (event: MineEvent): void => {
      if (event.type === "data") {
        terminal.note(formatDataSummary(event.dataset, []));
        terminal.note(`${event.candidates} distinct candidates`);
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
