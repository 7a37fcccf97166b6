import { fittingOptions } from "../../dataset/fitting-options.js";
import { knownRows } from "../../dataset/known-rows.js";
import type { LoadOptions } from "../../dataset/load-dataset.js";
import { readerOf } from "../../dataset/reading-options.js";
import { textsOfRow } from "../../dataset/rows/convert.js";
import type { RowKind } from "../../dataset/rows/row-kinds.js";
import type { Dataset } from "../../dataset/rows/row-types.js";
import { inFile } from "../../errors/located.js";
import { UserError, usageError } from "../../errors/user-error.js";
import { glanceOnly } from "../../evaluation/analysis/glance.js";
import { loadEvaluationSet } from "../../evaluation/evaluation-set.js";
import { pairRetrieval } from "../../evaluation/evaluators/pair-retrieval.js";
import { evaluatorFor } from "../../evaluation/evaluators/registry.js";
import { runRows } from "../options/run-rows.js";
import type { TrainSettings } from "../options/settings.js";
import type { ChosenEvaluation, ReadRows } from "./chosen-evaluation.js";
import { heldOutEvaluation } from "./held-out.js";
import { joinDatasets } from "./join-datasets.js";
import { retrievalEvaluation, selectsByRetrieval } from "./retrieval-evaluation.js";
import {
  searchAmong,
  searchEvaluatorOfFile,
  searchNotesOfFile,
  trainedPairs,
} from "./searched-beside.js";
import { withoutLeaksOfFiles } from "./without-leaks.js";

/**
 * The --eval file (with --eval-corpus: queries); without one a share of the natural rows, or nothing where all are single texts that are
 * their own positives. `measured` is the kind whose metric decides; default: what the first measured file's rows are trained as.
 */
export async function chooseEvaluation(
  settings: TrainSettings,
  files: readonly ReadRows[],
  measured: RowKind | undefined,
): Promise<ChosenEvaluation> {
  const naturals = files.map(({ natural }) => natural);
  const datasets = naturals.map(({ dataset }) => dataset);
  if (settings.eval !== undefined) requireNoHoldOut(settings);
  if (selectsByRetrieval(settings)) return retrievalEvaluation(settings, datasets);
  if (settings.eval !== undefined) return onFile(settings.eval, settings, datasets);
  const answering = files.find(({ views }) => !views)?.natural;
  if (answering === undefined) return withoutEvaluation(settings, datasets);
  if (settings.dropLeaks) throw leaksOfNothing();
  return heldOutEvaluation(settings, naturals, {
    kind: answering.dataset.kind,
    measured: measured ?? answering.to,
  });
}

/**
 * No selection, for single texts that are their own positives: they have no answer to measure by, so all are trained on and the last
 * step goes out. Usage error `option-without-effect` for what only an evaluation has a use for.
 */
function withoutEvaluation(
  settings: TrainSettings,
  datasets: readonly Dataset[],
): ChosenEvaluation {
  const { metric, patience, evalEvery, dropLeaks, holdOutShare } = settings;
  const useless =
    (metric !== undefined && "--metric") ||
    (patience !== undefined && "--patience") ||
    (evalEvery !== undefined && "--eval-every") ||
    (dropLeaks && "--drop-leaks") ||
    (holdOutShare !== runRows.holdOutShare.default && "--hold-out-share");
  if (useless !== false) {
    throw usageError(
      "option-without-effect",
      `${useless} has no meaning without --eval: single texts have no answer that they could be measured by`,
      "leave it out, or give --eval FILE, for example scored sentence pairs",
    );
  }
  const note =
    "nothing selects the checkpoint: single texts have no answer to be measured by, so the last step goes out, better or worse than the base; --eval FILE (scored pairs, for example) would select";
  const texts = datasets.flatMap(({ rows }) => [...rows].flatMap((row) => [...textsOfRow(row)]));
  const evaluator = glanceOnly(texts, settings.seed);
  return { trains: datasets, evaluator, selectsOn: "nothing", notes: [note] };
}

async function onFile(
  file: string,
  settings: TrainSettings,
  datasets: readonly Dataset[],
): Promise<ChosenEvaluation> {
  const { columns, data } = settings;
  const fitting = await fittingOptions(file, { columns, reader: readerOf(settings) }, data);
  const load = { ...labelOptions(settings), ...fitting };
  const { dataset, task } = await loadEvaluationSet(file, load);
  if (datasets.some(({ account }) => account.sha256 === dataset.account.sha256))
    throw sameFile(file);
  const { trains, notes } = withoutLeaksOfFiles(settings, datasets, dataset);
  const known = knownRows(dataset, trains);
  const chosen = { trains, evalData: dataset, known, selectsOn: file };
  if (task === pairRetrieval.name && dataset.kind === "pair") {
    const { rows } = dataset;
    const search = searchAmong(rows, trainedPairs(trains));
    const evaluator = inFile(file, () => searchEvaluatorOfFile(search, settings));
    const searched = searchNotesOfFile(file, search, settings);
    return { ...chosen, evaluator, notes: [...notes, ...searched] };
  }
  const classed = trains.filter(({ kind }) => kind === "classed");
  const train = classed.length > 0 ? joinDatasets(classed) : undefined;
  const evaluator = evaluatorFor(dataset, task, { seed: settings.seed, train });
  return { ...chosen, evaluator, notes };
}

/** With --eval nothing is held out. */
function requireNoHoldOut({ holdOut, holdOutShare }: TrainSettings): void {
  const useless =
    (holdOut !== runRows.holdOut.default && `--hold-out ${holdOut}`) ||
    (holdOutShare !== runRows.holdOutShare.default && `--hold-out-share ${holdOutShare}`);
  if (useless === false) return;
  throw usageError(
    "option-without-effect",
    `${useless} has no meaning beside --eval: nothing is held out`,
    "leave one of the two out",
  );
}

/** --drop-leaks where rows are held out. */
export function leaksOfNothing(): UserError {
  return usageError(
    "option-without-effect",
    "--drop-leaks has no meaning without --eval: rows that are held out share no text with the others",
    "leave it out, or give --eval FILE",
  );
}

/** How labels and scores are to be read. */
export function labelOptions({ labelMap, scoreRange }: TrainSettings): LoadOptions {
  return {
    labelMap,
    scoreRange,
  };
}

function sameFile(file: string): UserError {
  return new UserError("same-file", "--eval names the training data itself", {
    at: { file },
    hint: "measure on other data, or leave --eval out to hold some rows out",
  });
}
