import { augmentText } from "../../dataset/augment/augment-text.js";
import type { Augmentation } from "../../dataset/augment/augmentation.js";
import type { Dataset } from "../../dataset/rows/row-types.js";
import { UserError } from "../../errors/user-error.js";
import { createRandom } from "../../math/random.js";
import { float32 } from "../../math/tensor.js";
import type { ConfiguredObjective } from "../../objectives/loss.js";
import type { Augmentations } from "../options/augment.js";
import type { BatchMaker, BatchMakerOptions } from "./batch-maker.js";
import { pairBatches } from "./pair-batches.js";
import { classLabels, int64Of, textBatches } from "./text-batches.js";

/** The batch maker for rows of any kind. */
export function batchMaker(dataset: Dataset, options: BatchMakerOptions): BatchMaker {
  switch (dataset.kind) {
    case "pair":
      return pairBatches(dataset.rows, options);
    case "labelled-pair":
      return textBatches(bothSentences, dataset.rows.map(sentences), {
        labels: (rows) => int64Of(rows, (row) => dataset.rows[row].label),
      });
    case "scored-pair":
      return textBatches(bothSentences, dataset.rows.map(sentences), {
        scores: (rows) =>
          float32(
            [rows.length],
            Array.from(rows, (row) => dataset.rows[row].score),
          ),
      });
    case "nli":
      return textBatches(
        bothSentences,
        dataset.rows.map(({ premise, hypothesis }) => [premise, hypothesis]),
        { labels: (rows) => int64Of(rows, (row) => nliClass[dataset.rows[row].label]) },
      );
    case "classed":
      return textBatches(
        ["embeddings"],
        dataset.rows.map(({ text }) => [text]),
        { labels: classLabels(dataset.rows.map(({ label }) => label)) },
      );
    case "text":
      return textBatches(
        ["embeddings"],
        dataset.rows.map(({ text }) => [text]),
      );
  }
}

/** Class numbers of the softmax objective. */
const nliClass = { entailment: 0, neutral: 1, contradiction: 2 } as const;

const bothSentences = ["sentence1", "sentence2"] as const;

const sentences = (row: { readonly sentence1: string; readonly sentence2: string }) => [
  row.sentence1,
  row.sentence2,
];

/**
 * Batches of the rows, or of texts beside themselves of which each side is another view. V views of each text are made before training,
 * so that a frozen encoder embeds each once. `seen` are the rows as the first epoch sees them.
 */
export function makeBatches(
  train: Dataset,
  augmentations: Augmentations | undefined,
  options: BatchMakerOptions,
): { readonly batches: BatchMaker; readonly seen: Dataset } {
  const batches = batchMaker(train, options);
  const { pairs } = batches;
  if (augmentations === undefined || augmentations.text.length === 0)
    return { batches, seen: train };
  if (train.kind !== "pair" || pairs === undefined) return { batches, seen: train };
  const { text, views } = augmentations;
  const texts = batches.texts.flatMap((one) => viewsOf(one, text, { views, seed: options.seed }));
  const rows = train.rows.map((row, i) => ({
    ...row,
    anchor: texts[pairs.anchors[i] * views],
    positive: texts[pairs.positives[i] * views + (1 % views)],
  }));
  return { batches: { ...batches, texts, views }, seen: { ...train, rows } };
}

/** View v depends on the seed, the text and v alone. */
function viewsOf(
  text: string,
  augmentations: readonly Augmentation[],
  { views, seed }: { readonly views: number; readonly seed: number },
): string[] {
  return Array.from({ length: views }, (_, view) =>
    augmentText(text, augmentations, createRandom(seed, `view/${view}/${text}`)),
  );
}

/** How often views come, where texts are augmented. */
export function augmentationNotes(
  augmentations: Augmentations | undefined,
  { texts }: BatchMaker,
): string[] {
  if (augmentations === undefined || augmentations.text.length === 0) return [];
  const { views } = augmentations;
  const distinct = new Set(texts).size;
  const how = "an epoch uses two of them, the next one the next two, and round again";
  return [`${views} views are made of each text (${distinct} distinct ones): ${how}`];
}

/** The usage error for augmentations of rows that are no single texts, or for an objective that cannot use two views. */
export function augmentsNothing(
  { kind, account }: Dataset,
  { definition }: ConfiguredObjective,
): UserError {
  const takes = definition.rows.includes("pair");
  return new UserError(
    "augments-nothing",
    takes
      ? `--augment makes views of single texts, and the file holds rows of kind ${kind}`
      : `--augment makes two views of a text, which ${definition.name} cannot use`,
    {
      exitCode: 2,
      at: { file: account.file },
      hint: takes
        ? "name the column of texts, --columns text=…, or leave --augment out"
        : "use --objective infonce or nt-xent",
    },
  );
}
