import type { RowKind } from "../../dataset/rows/row-kinds.js";
import { UserError } from "../../errors/user-error.js";
import { unmeasured } from "../../evaluation/metric.js";
import type { TrainSettings } from "../options/settings.js";
import type { ChosenEvaluation, ReadRows } from "./chosen-evaluation.js";
import { foldParts } from "./fold-parts.js";
import { heldOutEvaluator, requireKinds } from "./held-out.js";

/**
 * A selection by folds: the run itself measures nothing and learns from all rows. Where they cannot be divided, undefined for `auto`, else a
 * UserError cannot-fold or what is wrong with the rows of a fold.
 */
export function foldedEvaluation(
  settings: TrainSettings,
  { natural: { dataset, to } }: ReadRows,
  { folds: count, measured }: { readonly folds: number; readonly measured: RowKind | undefined },
): ChosenEvaluation | undefined {
  requireKinds(settings, dataset.kind);
  const isOwnChoice = settings.folds === "auto";
  const folded = foldParts(dataset, settings, count);
  if (folded === undefined) {
    if (isOwnChoice) return undefined;
    throw new UserError(
      "cannot-fold",
      `the rows cannot be divided into ${count} folds: most are connected through shared texts or groups`,
      {
        at: { file: dataset.account.file },
        hint: "leave --folds out, or measure on another file: --eval FILE",
      },
    );
  }
  try {
    const folds = folded.parts.map(({ train, heldOut }, i) => ({
      trains: [train],
      evaluator: heldOutEvaluator(heldOut, [train], measured ?? to, settings),
      selectsOn: `fold ${i + 1} of ${dataset.account.file}`,
      notes: [],
    }));
    const rows = folded.parts.reduce((sum, { heldOut }) => sum + heldOut.rows.length, 0);
    return {
      trains: [dataset],
      evaluator: unmeasured,
      folds,
      selectsOn: `${rows} rows of ${dataset.account.file} in ${count} folds${folded.what}`,
      notes: notesOf(rows, dataset.rows.length, count),
    };
  } catch (error) {
    if (isOwnChoice && error instanceof UserError) return undefined;
    throw error;
  }
}

function notesOf(rows: number, all: number, count: number): string[] {
  const left = all - rows;
  const lone = left === 1 ? "1 row stands" : `${left} rows stand`;
  const own = left === 0 ? "" : `; ${lone} in no fold, having no second of the kind`;
  return [
    `${count} folds choose what goes out: each is measured by a head that learns from the others, the model itself learns from all ${all} rows${own} (--folds off: one held-out part)`,
  ];
}
