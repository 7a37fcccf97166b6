import { createInterface } from "node:readline";
import type { Command } from "commander";
import { counted } from "../../errors/counted.js";
import { searchTable } from "../../jobs/options/search.js";
import { type OpenSearch, openSearch } from "../../jobs/search.js";
import { formatSearchAnswer } from "../../report/search-answer.js";
import { encodingProgress } from "../encoding-progress.js";
import { outputSignal } from "../interrupt.js";
import { modelNote } from "../model-note.js";
import { flagsOf, jobOptions } from "../options/add-options.js";
import { outputOptions } from "../options/output-options.js";
import { openTerminal, type Terminal } from "../terminal.js";

/** Columns where the output does not say. */
const defaultWidth = 120;

/** What `embtune search` does. */
export async function runSearch(
  corpus: string,
  query: string | undefined,
  command: Command,
): Promise<void> {
  const terminal = openTerminal(flagsOf(command, outputOptions));
  const encoding = encodingProgress(terminal);
  const search = await openSearch({
    ...jobOptions(command, searchTable),
    corpus,
    signal: outputSignal(),
    onEvent: (event) => {
      if (event.type === "encoding") return encoding.show(event);
      encoding.stop();
      if (event.type === "corpus")
        terminal.note(`${event.file}: ${counted(event.texts, "distinct text")}`);
      if (event.type === "model") terminal.note(modelNote(event.info));
      if (event.type === "note") terminal.note(`note: ${event.message}`);
    },
  }).finally(encoding.stop);
  try {
    if (query === undefined) await askLines(search, terminal);
    else await answer(search, query, terminal, 2);
  } finally {
    await search.release();
  }
}

/** A query a line: asked for where a person types, else read to the end. Empty lines are passed over; on a terminal one ends. */
async function askLines(search: OpenSearch, terminal: Terminal): Promise<void> {
  const typed = process.stdin.isTTY;
  const lines = createInterface({
    input: process.stdin,
    output: typed ? process.stderr : undefined,
    prompt: "query> ",
  });
  lines.on("SIGINT", () => lines.close());
  if (typed) lines.prompt();
  for await (const line of lines) {
    const query = line.trim();
    if (query === "" && typed) break;
    if (query !== "") await answer(search, query, terminal, 0);
    if (typed) lines.prompt();
  }
  lines.close();
}

/** As JSON a document of its own, or a line where there are several. */
async function answer(
  search: OpenSearch,
  query: string,
  terminal: Terminal,
  indent: number,
): Promise<void> {
  const found = await search.ask(query);
  if (terminal.json) terminal.result(JSON.stringify(found, null, indent));
  else terminal.result(`${formatSearchAnswer(found, process.stdout.columns ?? defaultWidth)}\n`);
}
