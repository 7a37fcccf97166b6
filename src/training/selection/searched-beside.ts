import type { Dataset, PairRow } from "../../dataset/rows/row-types.js";
import { plainKeys } from "../../dataset/texts/text-hash.js";
import { usageError } from "../../errors/user-error.js";
import { evaluatorAsking } from "../../evaluation/beside.js";
import { pairRetrieval, retrievalAmong } from "../../evaluation/evaluators/pair-retrieval.js";
import type { Evaluator } from "../../evaluation/metric.js";
import { createRandom, shuffle } from "../../math/random.js";
import { runRows } from "../options/run-rows.js";
import type { TrainSettings } from "../options/settings.js";

type Settings = Pick<TrainSettings, "searchBeside" | "seed">;

/** Pairs whose anchors search, and the positives of training rows that they may search beside their own. */
export interface Search {
  readonly rows: readonly PairRow[];
  readonly others: readonly string[];
}

/** As `searchEvaluator`, whose figures say so: those of `evaluate` for the same file are others. */
export function searchEvaluatorOfFile(search: Search, settings: Settings): Evaluator {
  const evaluator = searchEvaluator(search, settings);
  const { trained } = evaluator.embeds;
  if (trained === 0) return evaluator;
  return evaluatorAsking(evaluator, `among ${trained} positives of training rows too`);
}

/** The evaluator of pairs whose anchors search up to `searchBeside` positives of training rows too, drawn by the seed. */
export function searchEvaluator({ rows, others }: Search, settings: Settings): Evaluator {
  const drawn = shuffle(others, createRandom(settings.seed, "searched beside"));
  return retrievalAmong(rows, drawn.slice(0, settings.searchBeside));
}

/**
 * Positives of training rows that are wrong for every measured row, so far as texts and groups say: neither in a row of a measured group
 * nor of a measured anchor, nor a measured text but for case and punctuation.
 */
export function otherPositives(train: Dataset | undefined, measured: readonly PairRow[]): string[] {
  if (train?.kind !== "pair") return [];
  const key = plainKeys();
  const groups = new Set(measured.flatMap(({ group }) => group ?? []));
  const anchors = new Set(measured.map(({ anchor }) => key(anchor)));
  const texts = new Set([...anchors, ...measured.map(({ positive }) => key(positive))]);
  const rows = train.rows.filter(
    ({ anchor, group }) => !(group !== undefined && groups.has(group)) && !anchors.has(key(anchor)),
  );
  const positives = new Set(rows.map(({ positive }) => positive));
  return [...positives].filter((text) => !texts.has(key(text)));
}

/** Says what the anchors of --eval search beside the file's own positives, and how that stands to the figures of `evaluate`. */
export function searchNotesOfFile(
  file: string,
  { others }: Search,
  { searchBeside }: Settings,
): string[] {
  if (searchBeside === 0) return [];
  if (others.length === 0) {
    if (searchBeside === runRows.searchBeside.default) return [];
    const none = "training rows have no positives that are wrong for all anchors of";
    return [`--search-beside ${searchBeside} adds nothing: ${none} ${file}`];
  }
  const most = others.length <= searchBeside ? "the" : `${searchBeside} of the`;
  const all = others.length <= searchBeside ? "" : `, --search-beside ${others.length}: all`;
  return [
    `anchors of ${file} search ${most} ${others.length} positives of training rows beside the file's own, so that figures here are no higher than those of embtune evaluate, which searches the file's own (--search-beside 0: the same here${all})`,
  ];
}

/** Usage error `option-without-effect` for texts to search beside where nothing that is measured searches. */
export function requireSearch(
  { searchBeside }: Settings,
  evaluators: readonly (Evaluator | undefined)[],
): void {
  if (searchBeside === runRows.searchBeside.default || searchBeside === 0) return;
  if (evaluators.some((evaluator) => evaluator?.task === pairRetrieval.name)) return;
  throw usageError(
    "option-without-effect",
    `--search-beside ${searchBeside} has no meaning here: only pairs of anchor and positive are measured by a search of texts`,
    "leave it out",
  );
}
