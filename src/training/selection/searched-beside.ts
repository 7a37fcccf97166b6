import { componentsOf } from "../../dataset/batches/components.js";
import { pairKeys } from "../../dataset/batches/pair-index.js";
import type { Dataset, PairRow } from "../../dataset/rows/row-types.js";
import { plainKeys } from "../../dataset/texts/text-hash.js";
import { usageError } from "../../errors/user-error.js";
import { evaluatorAsking } from "../../evaluation/beside.js";
import {
  type OtherText,
  pairRetrieval,
  retrievalAmong,
} from "../../evaluation/evaluators/pair-retrieval.js";
import type { Evaluator } from "../../evaluation/metric.js";
import { createRandom, shuffle } from "../../math/random.js";
import { runRows } from "../options/run-rows.js";
import type { TrainSettings } from "../options/settings.js";

type Settings = Pick<TrainSettings, "searchBeside" | "seed">;

/** Pairs whose anchors search, and the positives of training rows that they may search beside their own. */
interface Search {
  readonly rows: readonly PairRow[];
  readonly others: readonly OtherText[];
  /** Component of each of `rows` among measured and training rows together, by texts but for case and punctuation, and groups. */
  readonly related: Int32Array;
}

/** Rows and the positives of training rows that are none of their texts, but for case and punctuation. */
export function searchAmong(rows: readonly PairRow[], trained: readonly PairRow[]): Search {
  const key = plainKeys();
  const related = componentsOf([...rows, ...trained], (row) => {
    const [anchor, positive, ...group] = pairKeys(row);
    return [key(anchor), key(positive), ...group];
  });
  const own = new Set(rows.flatMap(({ anchor, positive }) => [key(anchor), key(positive)]));
  const others = new Map<string, OtherText>();
  trained.forEach(({ positive: text }, i) => {
    if (others.has(text) || own.has(key(text))) return;
    others.set(text, { text, related: related[rows.length + i] });
  });
  return { rows, others: [...others.values()], related: related.slice(0, rows.length) };
}

/** The pairs that rows are or, of premises and hypotheses, entail. */
export function trainedPairs(trains: readonly Dataset[]): PairRow[] {
  return trains.flatMap((train) => {
    if (train.kind === "pair") return [...train.rows];
    if (train.kind !== "nli") return [];
    return train.rows.flatMap(({ premise, hypothesis, label, line }) =>
      label === "entailment"
        ? [{ anchor: premise, positive: hypothesis, negatives: [], line }]
        : [],
    );
  });
}

/** As `searchEvaluator`, whose figures say so: those of `evaluate` for the same file are others. */
export function searchEvaluatorOfFile(search: Search, settings: Settings): Evaluator {
  const evaluator = searchEvaluator(search, settings);
  const { trained } = evaluator.embeds;
  if (trained === 0) return evaluator;
  return evaluatorAsking(evaluator, `among ${trained} positives of training rows too`);
}

/**
 * The evaluator of pairs whose anchors search up to `searchBeside` positives of training rows too, drawn by the seed. Those that training rows
 * connect with an anchor may be right, and are passed over for it.
 */
export function searchEvaluator({ rows, others, related }: Search, settings: Settings): Evaluator {
  const drawn = shuffle(others, createRandom(settings.seed, "searched beside"));
  return retrievalAmong(rows, drawn.slice(0, settings.searchBeside), related);
}

/** Says how many positives of training rows held-out anchors search where these are not all. */
export function searchNotes({ others }: Search, { searchBeside }: Settings): string[] {
  const { length } = others;
  if (length <= searchBeside) return [];
  return [
    `held-out anchors search ${searchBeside} of the ${length} positives of training rows too (--search-beside ${length}: all)`,
  ];
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
    const none = "no training row is a pair whose positive is not a text of";
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
    `--search-beside ${searchBeside} has no meaning here: only anchors of pairs search positives of training rows, and what is measured is no such pairs`,
    "leave it out",
  );
}
