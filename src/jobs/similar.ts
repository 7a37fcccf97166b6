import { convertDataset, readRows } from "../dataset/load-dataset.js";
import type { Dataset } from "../dataset/rows/row-types.js";
import { loadEncoder } from "../encoder/load.js";
import { requireKnownPrompts } from "../encoder/prompts.js";
import { unknownTokensNote } from "../encoder/unknown-tokens.js";
import { counted } from "../errors/counted.js";
import { modelFolderOf } from "../export/checkpoint-model.js";
import type { Matrix } from "../math/tensor.js";
import { openRuntime, type Runtime } from "../runtime/runtime.js";
import { disagreements } from "../search/label-votes.js";
import { type NearGroup, nearGroups, nearPairs } from "../search/near-duplicates.js";
import { type Neighbours, searchNeighbours } from "../search/neighbours.js";
import type { PlacedText, Similar } from "../search/similar.js";
import { keptVectors, withVectorFolder } from "./cached-vectors.js";
import { similarTable } from "./options/search.js";
import { type JobOptions, requireControl, resolveJob } from "./options/shared.js";
import { keepOptions, type SearchEvent } from "./search.js";

export type SimilarEvent = SearchEvent | { readonly type: "data"; readonly dataset: Dataset };

/** What to look through and with which model (`similarTable`), and who listens. */
export type SimilarOptions = JobOptions<typeof similarTable> & {
  readonly signal?: AbortSignal | undefined;
  readonly onEvent?: ((event: SimilarEvent) => void) | undefined;
};

type Resolved = ReturnType<typeof resolved>;

/**
 * What is near to what in a file, by exact search among its distinct texts: the nearest pairs, groups of near-duplicates, and rows whose class
 * disagrees with their neighbours'. UserError: as loadDataset and loadEncoder.
 */
export async function findSimilar(given: SimilarOptions): Promise<Similar> {
  const options = resolved(given);
  const source = await readRows(options.data, options);
  const { dataset } = source.dataset.kind === "classed" ? source : textsOf(source);
  options.onEvent({ type: "data", dataset });
  const both = bothSides(source.dataset);
  if (both !== undefined) options.onEvent({ type: "note", message: both });
  const texts = placedTexts(dataset);
  const torn = texts.filter(({ torn }) => torn).length;
  if (torn > 0)
    options.onEvent({
      type: "note",
      message: `${counted(torn, "text stands", "texts stand")} under several classes; the first counts (embtune data inspect lists them)`,
    });
  const runtime = await openRuntime({ threads: options.threads });
  try {
    const { vectors, model } = await vectorsOf(texts, options, runtime);
    const neighbours = await searchNeighbours(vectors, {
      runtime,
      k: Math.max(options.k, options.top),
      signal: options.signal,
    });
    const groups = await nearGroups(vectors, neighbours, options.threshold);
    const found = { texts, dataset, neighbours, groups };
    return { file: options.data, model, ...summary(found, options) };
  } finally {
    await runtime.close();
  }
}

function resolved({ signal, onEvent = () => undefined, ...job }: SimilarOptions) {
  requireControl({ signal, onEvent });
  requireKnownPrompts(job.prompts);
  return { ...resolveJob("similar", similarTable, job), signal, onEvent };
}

function textsOf(source: Awaited<ReturnType<typeof readRows>>): { readonly dataset: Dataset } {
  return { dataset: convertDataset({ ...source, to: "text", how: undefined }) };
}

/** What is said where a row gives several texts. */
function bothSides({ columns: { anchor, positive, negative = [] } }: Dataset): string | undefined {
  if (anchor === undefined || positive === undefined) return undefined;
  const names = [anchor, positive, negative].flat().map((name) => `"${name}"`);
  return `the texts of ${names.join(", ")} are looked through together (--columns text=NAME takes one column)`;
}

interface LabelledText extends PlacedText {
  readonly label: string | undefined;
  /** Whether it stands under another class too. */
  torn: boolean;
}

/** Distinct texts in file order; one that stands under several classes has the first. */
function placedTexts({ kind, rows }: Dataset): LabelledText[] {
  const places = new Map<string, LabelledText & { readonly lines: number[] }>();
  const add = (text: string, line: number, label?: string): void => {
    const known = places.get(text) ?? { text, lines: [], label, torn: false };
    places.set(text, known);
    known.torn ||= label !== known.label;
    if (known.lines.at(-1) !== line) known.lines.push(line);
  };
  if (kind === "classed") for (const { text, line, label } of rows) add(text, line, label);
  if (kind === "text") for (const { text, line } of rows) add(text, line);
  return [...places.values()];
}

async function vectorsOf(
  texts: readonly PlacedText[],
  options: Resolved,
  runtime: Runtime,
): Promise<{ readonly vectors: Matrix; readonly model: string }> {
  const model = await modelFolderOf(options.model, runtime);
  const encoder = await loadEncoder({ ...options, model, dtype: options.modelDtype, runtime });
  options.onEvent({ type: "model", info: encoder.info });
  const plain = texts.map(({ text }) => text);
  const message = unknownTokensNote(encoder, plain);
  if (message !== undefined) options.onEvent({ type: "note", message });
  const keep = keepOptions(options);
  const vectors = await withVectorFolder(keep, (folder) =>
    keptVectors(encoder, plain, { use: "other", folder, options: keep }),
  );
  await encoder.release();
  return { vectors, model: encoder.info.name };
}

interface Found {
  readonly texts: readonly LabelledText[];
  readonly dataset: Dataset;
  readonly neighbours: Neighbours;
  readonly groups: readonly NearGroup[];
}

function summary(found: Found, { top, threshold, k }: Resolved) {
  const { texts, dataset, neighbours, groups } = found;
  const placed = (i: number): PlacedText => ({ text: texts[i].text, lines: texts[i].lines });
  const pairs = nearPairs(neighbours).slice(0, top);
  return {
    texts: texts.length,
    repeated: texts.filter(({ lines }) => lines.length > 1).length,
    pairs: pairs.map(({ first, second, score }) => ({
      score,
      first: placed(first),
      second: placed(second),
    })),
    threshold,
    duplicates: {
      groups: groups.length,
      texts: groups.reduce((sum, { members }) => sum + members.length, 0),
      largest: groups
        .slice(0, top)
        .map(({ members, least }) => ({ least, texts: members.map(placed) })),
    },
    labels: dataset.kind === "classed" ? labelSummary(found, { top, k }) : undefined,
  };
}

function labelSummary(
  { texts, neighbours }: Found,
  { top, k }: Pick<Resolved, "top" | "k">,
): Similar["labels"] {
  const labels = texts.map(({ label = "" }) => label);
  const found = disagreements(neighbours, labels, k);
  const placed = (i: number): PlacedText => ({ text: texts[i].text, lines: texts[i].lines });
  return {
    neighbours: Math.min(k, texts.length - 1),
    disagree: found.length,
    rows: found.slice(0, top).map(({ text, nearest, ...rest }) => ({
      ...placed(text),
      ...rest,
      nearest: placed(nearest),
    })),
  };
}
