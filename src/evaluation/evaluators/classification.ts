import { UserError, usageError } from "../../errors/user-error.js";
import type { Runtime } from "../../runtime/types.js";
import { classMetrics } from "../class-scores.js";
import { type ClassedText, stratifiedSplit } from "../class-split.js";
import { normalizedRows } from "../cosine.js";
import { defineEvaluator, evaluatorOf } from "../definition.js";
import type { Evaluator, Measured, Metric } from "../metric.js";
import { predictByCentroid } from "../nearest-centroid.js";
import { predictByNeighbors } from "../nearest-neighbors.js";
import { unitsOf } from "../units.js";

/** Texts whose vectors the classifiers learn from, and texts that they classify. */
interface ClassSets {
  readonly train: readonly ClassedText[];
  readonly test: readonly ClassedText[];
}

interface ClassOptions {
  /** Fits the logistic regression; without it the nearest neighbours alone decide, as is enough during training. */
  readonly runtime?: Pick<Runtime, "createSession"> | undefined;
  /** k of the nearest neighbours. Default 5, scikit-learn's. */
  readonly neighbors?: number | undefined;
}

/**
 * How well classes can be read off frozen vectors, divided by their norms so that only directions count:
 * logreg_accuracy = share of test texts that scikit-learn's `LogisticRegression()` (multinomial, L2, C = 1, solved
 * tightly) fitted on the training vectors classifies rightly, as in MTEB's classification tasks but on all training
 * rows; knn = the same for `KNeighborsClassifier(k, metric="cosine")`, centroid for `NearestCentroid()`, each with macro-F1. A test text of a class without training
 * texts counts as wrong. All texts are embedded on the query side.
 * Errors: `one-class`, `no-rows`, `bad-neighbors`.
 */
export function classEvaluator({ train, test }: ClassSets, options: ClassOptions = {}): Evaluator {
  const { runtime, neighbors = Math.min(5, Math.max(1, train.length)) } = options;
  const names = [...new Set(train.map((row) => row.label))].sort();
  validate({ train, test }, names, neighbors);
  const index = new Map(names.map((name, i) => [name, i]));
  const y = Int32Array.from(train, (row) => index.get(row.label)!);
  const wanted = Int32Array.from(test, (row) => index.get(row.label) ?? -1);
  const all = Object.keys(classes.metrics);
  const keys = runtime === undefined ? all.filter((key) => !key.startsWith("logreg")) : all;
  return evaluatorOf(classes, {
    keys,
    primary: DECIDES,
    rows: test.length,
    embeds: { own: test.length, trained: train.length },
    run: async (embed) => {
      const x = normalizedRows(await embed(texts(train), "query"));
      const queries = normalizedRows(await embed(texts(test), "query"));
      const reference = { x, y, classes: names.length };
      const byNeighbors = await predictByNeighbors(reference, queries, neighbors);
      const simple = [
        ...classMetrics("knn", byNeighbors, wanted),
        ...classMetrics("centroid", predictByCentroid(reference, queries), wanted),
      ];
      const measured = (metrics: readonly Metric[]): Measured => ({
        metrics,
        units: unitsOf(test, ({ text }) => [text]),
        details: {
          lines: test.map(({ line }) => line ?? 0),
          texts: texts(test),
          labels: test.map(({ label }) => label),
          main: DECIDES,
          figures: Object.fromEntries(metrics.flatMap(({ key, swap }) => figuresOf(key, swap))),
        },
      });
      if (runtime === undefined) return measured(simple);
      // Loaded here, because it brings differentiation along and the registry is read at every start of the program.
      const { fitLogisticRegression, predictClasses } = await import("../logistic-regression.js");
      const model = await fitLogisticRegression(runtime, reference);
      return measured([
        ...classMetrics("logreg", predictClasses(model, queries), wanted),
        ...simple,
      ]);
    },
  });
}

/** What is measured in training too, where no classifier is fitted, so that a run is selected and judged by the same figure. */
const DECIDES = "knn_accuracy";

const NEIGHBORS = 5;

/** Classed texts: those of --train, or four fifths of the file, teach the classes of the others. UserError: cannot-split. */
export const classes = defineEvaluator({
  name: "class",
  summary: "whether classifiers on frozen vectors tell classes",
  rows: ["classed"],
  columns: "`text,label`",
  metrics: {
    knn_accuracy: "accuracy of the nearest neighbours' vote",
    knn_f1: "its macro-F1",
    logreg_accuracy: "accuracy of logistic regression",
    logreg_f1: "its macro-F1",
    centroid_accuracy: "accuracy of the nearest class mean",
    centroid_f1: "its macro-F1",
  },
  options: {
    neighbors: {
      type: "integer",
      min: 1,
      default: NEIGHBORS,
      description: "neighbours that vote on a text's class",
    },
  },
  sides: "alike",
  resampled: "test texts",
  madeFor: ({ kind }) => kind === "classed",
  heldOut: [{ kind: "classed" }],
  build: ({ rows }, { neighbors }, { runtime, train, seed }) => {
    const sets =
      train?.kind === "classed"
        ? { train: train.rows, test: rows }
        : stratifiedSplit(rows, { seed });
    // The default may be more than there are training texts, a wish may not.
    return classEvaluator(sets, {
      runtime,
      neighbors: neighbors === NEIGHBORS ? undefined : neighbors,
    });
  },
});

const texts = (rows: readonly ClassedText[]): string[] => rows.map((row) => row.text);

/** The figure of each row, of metrics that are means. */
function figuresOf(key: string, swap: Metric["swap"]): [string, ArrayLike<number>][] {
  return swap?.kind === "ratio" ? [[key, swap.values]] : [];
}

function validate({ train, test }: ClassSets, names: readonly string[], neighbors: number): void {
  if (test.length === 0) throw new UserError("no-rows", "there are no test texts to classify");
  if (names.length < 2) {
    throw new UserError(
      "one-class",
      `training texts must be of at least 2 classes, got ${names.length} in ${train.length} texts`,
    );
  }
  if (!Number.isInteger(neighbors) || neighbors < 1 || neighbors > train.length) {
    throw usageError(
      "bad-neighbors",
      `neighbors must be a whole number from 1 to the ${train.length} training texts, got ${neighbors}`,
    );
  }
}
