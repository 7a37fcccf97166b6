import type { HeldOutKind } from "../../dataset/hold-out-pairs.js";
import type { RowKind } from "../../dataset/rows/row-kinds.js";
import type { Dataset } from "../../dataset/rows/row-types.js";
import { counted } from "../../errors/counted.js";
import { UserError } from "../../errors/user-error.js";
import { unmeasured } from "../../evaluation/metric.js";
import type { TrainSettings } from "../options/settings.js";
import { leaksOfNothing } from "./choose-evaluation.js";
import type { ChosenEvaluation, ReadRows } from "./chosen-evaluation.js";
import { foldParts } from "./fold-parts.js";
import { heldOutEvaluator, requireKinds } from "./held-out.js";
import { kindNamed, kindText } from "./held-out-kind.js";

/**
 * A selection by folds: the run itself measures nothing and learns from all rows. UserError cannot-fold where the rows cannot be divided, or what
 * is wrong with the rows of a fold. Usage error option-without-effect for what only pairs or an --eval file have a use for.
 */
export function foldedEvaluation(
  settings: TrainSettings,
  { natural: { dataset, to } }: ReadRows,
  { folds: count, measured }: { readonly folds: number; readonly measured: RowKind | undefined },
): ChosenEvaluation {
  requireKinds(settings, dataset.kind);
  if (settings.dropLeaks) throw leaksOfNothing();
  const { parts, kind } = foldParts(dataset, settings, count) ?? cannotFold(dataset, count);
  const folds = parts.map(({ train, heldOut }, i) => {
    const { evaluator, notes } = heldOutEvaluator(heldOut, [train], measured ?? to, settings);
    return {
      trains: [train],
      evaluator: kindNamed(evaluator, kind),
      selectsOn: `fold ${i + 1} of ${dataset.account.file}`,
      notes,
    };
  });
  const rows = parts.reduce((sum, { heldOut }) => sum + heldOut.rows.length, 0);
  return {
    trains: [dataset],
    evaluator: unmeasured,
    folds,
    selectsOn: `${rows} rows of ${dataset.account.file} in ${count} folds${kindText(kind)}`,
    notes: [
      ...notesOf(rows, dataset.rows.length, { count, kind }),
      ...negativesNote(dataset, parts),
      ...folds[0].notes.map((note) => `in each fold, here the first: ${note}`),
    ],
  };
}

function cannotFold({ rows, account }: Dataset, count: number): never {
  throw new UserError(
    "cannot-fold",
    `the ${rows.length} rows cannot be divided into ${count} folds: they are too few, without a second of their kind, or connected through shared texts or groups`,
    {
      at: { file: account.file },
      hint: "lower --folds or leave it out, or measure on another file: --eval FILE",
    },
  );
}

function notesOf(
  rows: number,
  all: number,
  { count, kind }: { readonly count: number; readonly kind: HeldOutKind | undefined },
): string[] {
  const left = all - rows;
  const why =
    kind === "queries" ? "sharing no positive with another" : "having no second of the kind";
  const lone = `; ${counted(left, "row stands", "rows stand")} in no fold, ${why}`;
  const own = left === 0 ? "" : lone;
  return [
    `${count} folds choose what goes out: each is measured by a head that learns from the others, the model itself learns from all ${all} rows${own} (--folds off: one held-out part)`,
  ];
}

/** Explicit negatives that the heads of folds do without, since they are texts of the other side. */
function negativesNote(
  dataset: Dataset,
  parts: readonly { readonly train: Dataset; readonly heldOut: Dataset }[],
): string[] {
  const all = negativesIn(dataset);
  const kept = parts.map(({ train, heldOut }) => negativesIn(train) + negativesIn(heldOut));
  const without = kept.reduce((sum, count) => sum + all - count, 0);
  return without === 0
    ? []
    : [
        `while folds are measured, explicit negatives are left out that are texts of the other side: ${without} in all folds; the model itself learns from all of them`,
      ];
}

function negativesIn(dataset: Dataset): number {
  if (dataset.kind !== "pair") return 0;
  return dataset.rows.reduce((sum, { negatives }) => sum + negatives.length, 0);
}
