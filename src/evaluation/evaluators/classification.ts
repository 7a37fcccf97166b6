import { UserError, usageError } from "../../errors/user-error.js";
import type { Runtime } from "../../runtime/types.js";
import { type ClassedText, stratifiedSplit } from "../class-split.js";
import { normalizedRows } from "../cosine.js";
import { defineEvaluator, evaluatorOf } from "../definition.js";
import { meanMetric } from "../mean-metric.js";
import type { Evaluator } from "../metric.js";
import { predictByNeighbors } from "../nearest-neighbors.js";

/** Texts whose vectors the classifiers learn from, and texts that they classify. */
export interface ClassSets {
  readonly train: readonly ClassedText[];
  readonly test: readonly ClassedText[];
}

export interface ClassOptions {
  /** Fits the logistic regression; without it the nearest neighbours alone decide, as is enough during training. */
  readonly runtime?: Pick<Runtime, "createSession"> | undefined;
  /** k of the nearest neighbours. Default 5, scikit-learn's. */
  readonly neighbors?: number | undefined;
}

/**
 * How well classes can be read off frozen vectors, divided by their norms so that only directions count:
 * logreg_accuracy = share of test texts that scikit-learn's `LogisticRegression()` (multinomial, L2, C = 1, solved
 * tightly) fitted on the training vectors classifies rightly, as in MTEB's classification tasks but on all training
 * rows; knn_accuracy = the same for `KNeighborsClassifier(k, metric="cosine")`. A test text of a class without training
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
  const keys = runtime === undefined ? ["knn_accuracy"] : ["logreg_accuracy", "knn_accuracy"];
  return evaluatorOf(classes, {
    keys,
    rows: test.length,
    run: async (embed) => {
      const x = normalizedRows(await embed(texts(train), "query"));
      const queries = normalizedRows(await embed(texts(test), "query"));
      const reference = { x, y, classes: names.length };
      const byNeighbors = await predictByNeighbors(reference, queries, neighbors);
      const knn = meanMetric("knn_accuracy", hits(byNeighbors, wanted));
      if (runtime === undefined) return [knn];
      // Loaded here, because it brings differentiation along and the registry is read at every start of the program.
      const { fitLogisticRegression, predictClasses } = await import("../logistic-regression.js");
      const model = await fitLogisticRegression(runtime, reference);
      const logreg = meanMetric("logreg_accuracy", hits(predictClasses(model, queries), wanted));
      return [logreg, knn];
    },
  });
}

const NEIGHBORS = 5;

/** Classed texts: those of --train, or four fifths of the file, teach the classes of the others. UserError: cannot-split. */
export const classes = defineEvaluator({
  name: "class",
  summary: "whether classifiers on frozen vectors tell classes",
  rows: ["classed"],
  columns: "`text,label`",
  metrics: {
    logreg_accuracy: "accuracy of logistic regression",
    knn_accuracy: "accuracy of the nearest neighbours' vote",
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

/** 1 where the prediction is right. */
function hits(predicted: Int32Array, wanted: Int32Array): Uint8Array {
  return Uint8Array.from(predicted, (label, i) => (label === wanted[i] ? 1 : 0));
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
