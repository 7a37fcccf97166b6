import { findLeaks } from "../../dataset/leaks.js";
import type { RowKind } from "../../dataset/rows/row-kinds.js";
import type { Dataset } from "../../dataset/rows/row-types.js";
import { UserError, usageError } from "../../errors/user-error.js";
import type { EvaluationData } from "../../evaluation/definition.js";
import type { Evaluator } from "../../evaluation/metric.js";
import type { TrainSettings } from "../options/settings.js";
import { type ChosenEvaluation, decidingEvaluator, type ReadRows } from "./chosen-evaluation.js";
import { heldOutEvaluator, holdOutOfFiles } from "./held-out.js";
import { kindNamed, kindText } from "./held-out-kind.js";
import { leftOutFor } from "./without-leaks.js";

/** Rows that neither training nor selection sees: base and result are measured on them once, at the end. */
export interface TestPart {
  readonly evaluator: Evaluator;
  /** Key of the metric that decides. */
  readonly metric: string;
  /** `310 rows set aside of data/train.csv, unseen texts` */
  readonly name: string;
}

/** What is set aside, and what is left to select by and to train on. */
interface SetAside<F extends ReadRows> {
  readonly files: readonly F[];
  readonly test: Dataset;
  /** What the rows of `test` are trained as. */
  readonly measured: RowKind;
  readonly notes: readonly string[];
}

/**
 * --test-part: a share of the rows of each file whose rows are of the kind that is measured, whole components of connected rows. Rows that
 * share a text with them but for case and punctuation are left out of what is trained on. Usage error: option-without-effect, for single
 * texts, which have no answer. UserError: all-rows-dropped, and as holdOut.
 */
export function setTestPartAside<F extends ReadRows>(
  { testPart: share, seed }: Pick<TrainSettings, "testPart" | "seed">,
  files: readonly F[],
  measured: RowKind | undefined,
): SetAside<F> | undefined {
  if (share === undefined) return undefined;
  const answering = files.find(({ views }) => !views)?.natural;
  if (answering === undefined) throw withoutAnswers();
  const { kind } = answering.dataset;
  const datasets = files.map(({ natural }) => natural.dataset);
  const { trains, heldOut, notes } = holdOutOfFiles(datasets, { kind, share, seed });
  const apart = trains.map((train) => leftOutFor(train, [heldOut], "the test part"));
  return {
    files: files.map((file, i) => ({
      ...file,
      natural: { ...file.natural, dataset: apart[i].train },
    })),
    test: heldOut,
    measured: measured ?? answering.to,
    notes: [...notes, ...apart.flatMap((one) => one.notes)].map((note) => `test part: ${note}`),
  };
}

/** The measure of what was set aside, without rows that share a text with the selecting data. UserError: all-rows-dropped. */
export function testPartOf(
  { test, measured }: Pick<SetAside<ReadRows>, "test" | "measured">,
  evaluation: ChosenEvaluation,
  settings: TrainSettings,
): { readonly test: TestPart; readonly notes: readonly string[] } {
  const { evalData, trains } = evaluation;
  const { rows, notes } = unseenBy(evalData, test);
  const kind = rows.kind === "pair" ? "documents" : undefined;
  const measuring = heldOutEvaluator(rows, trains, measured, settings);
  const evaluator = kindNamed(measuring.evaluator, kind);
  const asked = settings.metric ?? decidingEvaluator(evaluation).primary;
  return {
    test: {
      evaluator,
      metric: evaluator.keys.includes(asked) ? asked : evaluator.primary,
      name: `${rows.rows.length} rows set aside of ${rows.account.file}${kindText(kind)}`,
    },
    notes: [...notes, ...measuring.notes.map((note) => `test part: ${note}`)],
  };
}

function unseenBy(evalData: EvaluationData | undefined, test: Dataset) {
  if (evalData === undefined) return { rows: test, notes: [] };
  const leaks = findLeaks(test, asTexts(evalData));
  if (leaks === undefined) return { rows: test, notes: [] };
  const { account } = evalData;
  if (leaks.rest.rows.length === 0)
    throw new UserError(
      "all-rows-dropped",
      `every row of the test part shares a text with ${account.file}`,
      { at: { file: test.account.file }, hint: "leave --test-part out, or --eval" },
    );
  const note = `test part: ${leaks.rows} rows share texts with ${account.file}, which selects, and are in neither part`;
  return { rows: leaks.rest, notes: [note] };
}

/** Of retrieval the queries. */
function asTexts(data: EvaluationData): Dataset {
  if (data.kind !== "retrieval") return data;
  const { rows, account, columns, dialect } = data;
  return { kind: "text", rows, account, columns, dialect };
}

function withoutAnswers(): UserError {
  return usageError(
    "option-without-effect",
    "--test-part has no meaning here: single texts have no answer that they could be measured by",
    "leave it out, and measure on other data: embtune evaluate FILE --model RUN",
  );
}
