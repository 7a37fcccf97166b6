import type { PairRow } from "../../dataset/rows/row-types.js";
import { searchTopK } from "../../search/scores.js";
import { normalizedRows } from "../cosine.js";
import { defineEvaluator, evaluatorOf } from "../definition.js";
import { meanMetric } from "../mean-metric.js";
import type { Evaluator } from "../metric.js";
import { miningMetrics } from "../mining-metrics.js";
import { unitsOf } from "../units.js";

/** A text and its translation. */
type Translation = Pick<PairRow, "anchor" | "positive"> & { readonly line?: number };

/**
 * Each source text takes the nearest target by cosine. f1 is that of the taken pairs above the threshold that is best on these very
 * pairs, with one right pair to find for each source; src2trg_accuracy is the share of sources that take a right target, trg2src_accuracy
 * the same the other way round and mean_accuracy the mean of both (sentence-transformers' TranslationEvaluator). Of equally near targets
 * the first is taken. Sources are embedded on the query side, targets on the document side.
 */
export function bitextEvaluator(rows: readonly Translation[]): Evaluator {
  const sources = side(
    rows,
    ({ anchor }) => anchor,
    ({ positive }) => positive,
  );
  const targets = side(
    rows,
    ({ positive }) => positive,
    ({ anchor }) => anchor,
  );
  const lines = new Map<string, number>();
  for (const { anchor, line } of rows) if (!lines.has(anchor)) lines.set(anchor, line ?? 0);
  return evaluatorOf(bitext, {
    rows: sources.texts.length,
    run: async (embed) => {
      const x = normalizedRows(await embed(sources.texts, "query"));
      const y = normalizedRows(await embed(targets.texts, "document"));
      const forward = await searchTopK(x, y, 1);
      const back = await searchTopK(y, x, 1);
      const taken = sources.texts.map((_, i) => targets.texts[forward.candidates(i)[0]]);
      const right = Uint8Array.from(taken, (text, i) => (sources.partners[i].has(text) ? 1 : 0));
      const returned = targets.texts.map((_, i) => sources.texts[back.candidates(i)[0]]);
      const rightBack = returned.map((text, i) => (targets.partners[i].has(text) ? 1 : 0));
      const scores = Float64Array.from(taken, (_, i) => forward.scores(i)[0]);
      const found = meanMetric("src2trg_accuracy", right);
      const foundBack = meanMetric("", rightBack).value;
      const total = sources.texts.length;
      return {
        metrics: [
          ...miningMetrics({ scores, right, total }, { resampled: true }),
          found,
          { key: "trg2src_accuracy", value: foundBack },
          { key: "mean_accuracy", value: (found.value + foundBack) / 2 },
        ],
        units: unitsOf([...sources.partners], (partners) => [...partners]),
        details: {
          lines: sources.texts.map((text) => lines.get(text) ?? 0),
          texts: sources.texts,
          others: sources.partners.map((partners) => [...partners][0]),
          main: "src2trg_accuracy",
          figures: { src2trg_accuracy: right, cosine: scores },
          ranked: taken.map((text, i) => [
            { id: text, text, score: scores[i], right: right[i] === 1 },
          ]),
        },
      };
    },
  });
}

function side(
  rows: readonly Translation[],
  own: (row: Translation) => string,
  other: (row: Translation) => string,
): { readonly texts: readonly string[]; readonly partners: readonly ReadonlySet<string>[] } {
  const partners = new Map<string, Set<string>>();
  for (const row of rows) {
    const known = partners.get(own(row)) ?? new Set();
    partners.set(own(row), known.add(other(row)));
  }
  return { texts: [...partners.keys()], partners: [...partners.values()] };
}

/** Pairs of texts that say the same, in two languages or one. */
export const bitext = defineEvaluator({
  name: "bitext",
  summary: "whether each text finds its translation among all of the file",
  rows: ["pair"],
  columns: "`anchor,positive`: source and target",
  metrics: {
    f1: "F1 of the nearest targets above the best threshold",
    precision: "precision there",
    recall: "recall there",
    threshold: "that threshold",
    average_precision: "average precision of the nearest targets",
    src2trg_accuracy: "share of sources whose nearest target is right",
    trg2src_accuracy: "the same from the targets",
    mean_accuracy: "mean of the two",
  },
  options: {},
  sides: "alike",
  resampled: "sources",
  madeFor: () => false,
  heldOut: [],
  build: ({ rows }) => bitextEvaluator(rows),
});
