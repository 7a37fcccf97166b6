import { holdOut, holdOutRows, type SplitOf } from "../../dataset/hold-out.js";
import { convertDataset, type SourceRows } from "../../dataset/load-dataset.js";
import type { RowKind } from "../../dataset/rows/row-kinds.js";
import type { Dataset, DatasetKind } from "../../dataset/rows/row-types.js";
import { inFile } from "../../errors/located.js";
import { UserError } from "../../errors/user-error.js";
import { stratifiedSplit } from "../../evaluation/class-split.js";
import { rowKindsOf } from "../../evaluation/evaluation-set.js";
import { buildEvaluator, heldOutDefinition } from "../../evaluation/evaluators/registry.js";
import type { Evaluator } from "../../evaluation/metric.js";
import type { TrainSettings } from "../options/settings.js";
import type { ChosenEvaluation } from "./chosen-evaluation.js";
import { joinDatasets } from "./join-datasets.js";
import { withoutHeldOut } from "./without-leaks.js";

/**
 * A tenth of the natural rows of each file, held out before any conversion so that objectives that take different rows can be compared on
 * the same ones. Of several files those are measured whose rows are of the kind of `kind`, all by one metric; the others are trained on
 * whole. No row that is trained on shares a text with what another file holds out.
 */
export function heldOutEvaluation(
  settings: TrainSettings,
  naturals: readonly SourceRows[],
  { kind, measured }: { readonly kind: DatasetKind; readonly measured: RowKind },
): ChosenEvaluation {
  const datasets = naturals.map(({ dataset }) => dataset);
  const { seed } = settings;
  const { trains, heldOut, notes } = holdOutOfFiles(datasets, { kind, share: 0.1, seed });
  return {
    trains,
    evaluator: heldOutEvaluator(heldOut, trains, measured, settings),
    selectsOn: `${heldOut.rows.length} rows held out of ${heldOut.account.file}`,
    notes: [...notes, ...wholeFiles(naturals, kind)],
  };
}

interface HeldOutOfFiles {
  /** What is left of each file. */
  readonly trains: readonly Dataset[];
  /** The held-out rows of all files of the kind. */
  readonly heldOut: Dataset;
  readonly notes: readonly string[];
}

/** A share of the rows of each file of the kind; no row that is left shares a text with what another file holds out. */
export function holdOutOfFiles(
  datasets: readonly Dataset[],
  { kind, ...split }: HoldOutOptions & { readonly kind: DatasetKind },
): HeldOutOfFiles {
  const splits = datasets.map((dataset) =>
    dataset.kind === kind
      ? inFile(dataset.account.file, () => holdOutNatural(dataset, split))
      : { train: dataset, heldOut: undefined, notes: [] },
  );
  const shares = splits.map(({ heldOut }) => heldOut);
  const apart = splits.map(({ train, notes }, i) => {
    const left = withoutHeldOut(train, presentIn(shares.filter((_, j) => j !== i)));
    const where = datasets.length === 1 ? "" : `${train.account.file}: `;
    return { train: left.train, notes: [...notes, ...left.notes].map((note) => where + note) };
  });
  return {
    trains: apart.map(({ train }) => train),
    heldOut: joinDatasets(presentIn(shares)),
    notes: apart.flatMap(({ notes }) => notes),
  };
}

function presentIn(shares: readonly (Dataset | undefined)[]): Dataset[] {
  return shares.filter((share) => share !== undefined);
}

/** Which files have no part in the selection, and why. */
function wholeFiles(naturals: readonly SourceRows[], kind: DatasetKind): string[] {
  return naturals
    .filter(({ dataset }) => dataset.kind !== kind)
    .map(
      ({ dataset }) =>
        `${dataset.account.file} is trained on whole: its ${dataset.kind} rows have another metric than the ${kind} rows that select the checkpoint`,
    );
}

interface HeldOut {
  readonly train: Dataset;
  readonly heldOut: Dataset;
  readonly notes: readonly string[];
}

interface HoldOutOptions {
  /** Share of the anchors, or of the texts of each class, in (0, 1). */
  readonly share: number;
  readonly seed: number;
}

function holdOutNatural(dataset: Dataset, split: HoldOutOptions): HeldOut {
  switch (dataset.kind) {
    case "pair":
      return parts(dataset, holdOut(dataset.rows, split));
    case "classed": {
      const { train, test } = stratifiedSplit(dataset.rows, split);
      return parts(dataset, { train, heldOut: test, notes: [] });
    }
    case "nli": {
      const keys = (row: { premise: string; hypothesis: string }) => [row.premise, row.hypothesis];
      const by = { keys, anchor: (row: { premise: string }) => row.premise };
      return parts(dataset, holdOutRows(dataset.rows, by, split));
    }
    case "text": {
      const by = {
        keys: (row: { text: string }) => [row.text],
        anchor: (row: { text: string }) => row.text,
      };
      return parts(dataset, holdOutRows(dataset.rows, by, split));
    }
    case "labelled-pair":
      return parts(dataset, holdOutRows(dataset.rows, bySentences, split));
    case "scored-pair":
      return parts(dataset, holdOutRows(dataset.rows, bySentences, split));
  }
}

const bySentences = {
  keys: (row: { sentence1: string; sentence2: string }) => [row.sentence1, row.sentence2],
  anchor: (row: { sentence1: string }) => row.sentence1,
};

/** The data set with its own rows shared out. */
function parts(dataset: Dataset, { train, heldOut, notes }: SplitOf<unknown>): HeldOut {
  return {
    train: { ...dataset, rows: train } as Dataset,
    heldOut: { ...dataset, rows: heldOut } as Dataset,
    notes,
  };
}

/** Held-out rows by the metric of their kind, and of what they are trained as; classes are learnt from rows that are trained on. */
export function heldOutEvaluator(
  heldOut: Dataset,
  trains: readonly Dataset[],
  measured: RowKind,
  { seed }: Pick<TrainSettings, "seed">,
): Evaluator {
  const train = joinDatasets(trains.filter(({ kind }) => kind === heldOut.kind));
  const definition = heldOutDefinition(heldOut.kind, measured);
  const [to] = rowKindsOf(definition);
  return ofHeldOut(heldOut, () =>
    buildEvaluator(definition, convertDataset({ dataset: heldOut, to }), { seed, train }),
  );
}

/** What is wrong with held-out rows is said of them, not of the file. */
function ofHeldOut<T>({ rows, account }: Dataset, make: () => T): T {
  try {
    return make();
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    const message = `the rows held out (${rows.length}) cannot be measured: ${error.message}`;
    const hint = "measure on another file: --eval FILE";
    throw new UserError(error.code, message, { at: { file: account.file }, hint, cause: error });
  }
}
