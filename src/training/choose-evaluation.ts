import { convertDataset, type LoadOptions, type NaturalDataset } from "../dataset/load-dataset.js";
import type { Dataset, DatasetOf } from "../dataset/rows/row-types.js";
import { holdOut, holdOutRows, type SplitOf } from "../dataset/split.js";
import { inFile } from "../errors/located.js";
import { UserError, usageError } from "../errors/user-error.js";
import { stratifiedSplit } from "../evaluation/class-split.js";
import { evaluatorFor, type RowTask } from "../evaluation/for-dataset.js";
import { loadMeasuringSet, type MeasuringData } from "../evaluation/measuring-set.js";
import { type Evaluator, unmeasured } from "../evaluation/metric.js";
import { teacherAgreementEvaluator } from "../evaluation/teacher-agreement.js";
import { createRandom, shuffle } from "../math/random.js";
import type { RowKind } from "../objectives/row-kinds.js";
import { retrievalEvaluation, selectsByRetrieval } from "./retrieval-evaluation.js";
import type { TrainSettings } from "./settings.js";
import { withoutLeaks } from "./without-leaks.js";

/** What selects the checkpoint, and the rows that are left to train on. */
export interface ChosenEvaluation {
  /** Natural rows. */
  readonly train: Dataset;
  readonly evalData?: MeasuringData;
  readonly evaluator: Evaluator;
  /** `data/dev.csv`, what was held out, or `nothing`. */
  readonly selectsOn: string;
  readonly notes: readonly string[];
}

/**
 * The --eval file (with --eval-corpus: queries), or a tenth of the natural rows, held out before any conversion so that objectives that take different rows can be
 * compared on the same ones. `measured` is the kind whose metric decides; default: what the rows are trained as.
 */
export async function chooseEvaluation(
  settings: TrainSettings,
  natural: NaturalDataset,
  measured: RowKind = natural.to,
): Promise<ChosenEvaluation> {
  if (selectsByRetrieval(settings)) return retrievalEvaluation(settings, natural.dataset);
  if (settings.eval !== undefined) return onFile(settings.eval, settings, natural.dataset);
  if (settings.dropLeaks) throw leaksOfNothing();
  const { dataset } = natural;
  const { train, heldOut, notes } = inFile(dataset.account.file, () =>
    holdOutNatural(dataset, settings.seed),
  );
  return {
    train,
    evaluator: heldOutEvaluator(heldOut, train, measured, settings),
    selectsOn: `${heldOut.rows.length} rows held out of ${settings.data}`,
    notes,
  };
}

/**
 * No selection, for single texts that are their own positives: they have no answer to measure by, so all are trained on and the last
 * step goes out. Usage error `useless-option` for what only an evaluation has a use for.
 */
export function withoutEvaluation(
  settings: TrainSettings,
  { dataset }: NaturalDataset,
): ChosenEvaluation {
  const { metric, patience, evalEvery, dropLeaks } = settings;
  const useless =
    (metric !== undefined && "--metric") ||
    (patience !== undefined && "--patience") ||
    (evalEvery !== undefined && "--eval-every") ||
    (dropLeaks && "--drop-leaks");
  if (useless !== false) {
    throw usageError(
      "useless-option",
      `${useless} has no meaning without --eval: single texts have no answer that they could be measured by`,
      "leave it out, or give --eval FILE, for example scored sentence pairs",
    );
  }
  const note =
    "nothing selects the checkpoint: single texts have no answer to be measured by, so the last step goes out, better or worse than the base; --eval FILE (scored pairs, for example) would select";
  return { train: dataset, evaluator: unmeasured, selectsOn: "nothing", notes: [note] };
}

async function onFile(
  file: string,
  settings: TrainSettings,
  data: Dataset,
): Promise<ChosenEvaluation> {
  const { dataset, task } = await loadMeasuringSet(file, labelOptions(settings));
  if (dataset.account.sha256 === data.account.sha256) throw sameFile(file);
  const { train, notes } = withoutLeaks(settings, data, dataset);
  const known = task === "class" && train.kind === "classed" ? { train } : {};
  const evaluator = evaluatorFor(dataset, task, { seed: settings.seed, ...known });
  return { train, evalData: dataset, evaluator, selectsOn: file, notes };
}

function leaksOfNothing(): UserError {
  return usageError(
    "useless-option",
    "--drop-leaks has no meaning without --eval: rows that are held out share no text with the others",
    "leave it out, or give --eval FILE",
  );
}

/** How labels and scores are to be read. */
export function labelOptions({ labelMap, scoreRange }: TrainSettings): LoadOptions {
  return {
    ...(labelMap === undefined ? {} : { labelMap }),
    ...(scoreRange === undefined ? {} : { scoreRange }),
  };
}

interface HeldOut {
  readonly train: Dataset;
  readonly heldOut: Dataset;
  readonly notes: readonly string[];
}

function holdOutNatural(dataset: Dataset, seed: number): HeldOut {
  switch (dataset.kind) {
    case "pair":
      return parts(dataset, holdOut(dataset.rows, { seed }));
    case "classed": {
      const { train, test } = stratifiedSplit(dataset.rows, { share: 0.1, seed });
      return parts(dataset, { train, heldOut: test, notes: [] });
    }
    case "nli": {
      const keys = (row: { premise: string; hypothesis: string }) => [row.premise, row.hypothesis];
      const by = { keys, anchor: (row: { premise: string }) => row.premise };
      return parts(dataset, holdOutRows(dataset.rows, by, { seed }));
    }
    case "text": {
      const by = {
        keys: (row: { text: string }) => [row.text],
        anchor: (row: { text: string }) => row.text,
      };
      return parts(dataset, holdOutRows(dataset.rows, by, { seed }));
    }
    case "labelled-pair":
      return parts(dataset, holdOutRows(dataset.rows, bySentences, { seed }));
    case "scored-pair":
      return parts(dataset, holdOutRows(dataset.rows, bySentences, { seed }));
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

/** Held-out rows by the metric of their kind: see `heldOutTask`. */
function heldOutEvaluator(
  heldOut: Dataset,
  train: Dataset,
  measured: RowKind,
  { seed }: TrainSettings,
): Evaluator {
  if (heldOut.kind === "text") {
    const random = createRandom(seed, "teacher-agreement");
    return teacherAgreementEvaluator(
      shuffle(
        heldOut.rows.map(({ text }) => text),
        random,
      ),
    );
  }
  const task = heldOutTask(heldOut, measured);
  const known = train.kind === "classed" ? { train: train as DatasetOf<"classed"> } : {};
  return evaluatorFor(measurable(heldOut, task), task, { seed, ...known });
}

/**
 * Scored pairs: correlation. Labelled pairs: average precision. Classes: nearest neighbours among the training texts. Pairs: retrieval,
 * or where triplets are trained, their accuracy. NLI: what it is trained as, labelled pairs where it is trained as NLI.
 */
function heldOutTask({ kind }: Dataset, measured: RowKind): RowTask {
  if (kind === "scored-pair") return "sts";
  if (kind === "labelled-pair") return "pair";
  if (kind === "classed") return "class";
  if (measured === "triplet") return "triplet";
  if (kind === "pair") return "pair-retrieval";
  if (measured === "scored-pair") return "sts";
  return measured === "pair" || measured === "classed" ? "pair-retrieval" : "pair";
}

const rowsOfTask: Readonly<Record<RowTask, RowKind>> = {
  sts: "scored-pair",
  pair: "labelled-pair",
  triplet: "pair",
  "pair-retrieval": "pair",
  class: "classed",
};

function measurable(dataset: Dataset, task: RowTask): Dataset {
  return convertDataset({ dataset, to: rowsOfTask[task] });
}

function sameFile(file: string): UserError {
  return new UserError("same-file", "--eval names the training data itself", {
    at: { file },
    hint: "measure on other data, or leave --eval out to hold some rows out",
  });
}
