import { fittingOptions } from "../../dataset/fitting-options.js";
import { knownRows } from "../../dataset/known-rows.js";
import { readerOf } from "../../dataset/reading-options.js";
import { loadRetrieval, type RetrievalDataset } from "../../dataset/retrieval/load-retrieval.js";
import { textsOfRow } from "../../dataset/rows/convert.js";
import type { Dataset } from "../../dataset/rows/row-types.js";
import { plainForm } from "../../dataset/texts/text-hash.js";
import { usageError } from "../../errors/user-error.js";
import { evaluatorFor } from "../../evaluation/evaluators/registry.js";
import type { TrainSettings } from "../options/settings.js";
import type { ChosenEvaluation } from "./chosen-evaluation.js";
import { withoutLeaksOfFiles } from "./without-leaks.js";

/** Whether the checkpoint is selected by retrieval: --eval-corpus or --eval-qrels is given. */
export function selectsByRetrieval({ evalCorpus, evalQrels }: TrainSettings): boolean {
  return evalCorpus !== undefined || evalQrels !== undefined;
}

/**
 * Selection by the queries of --eval, which search --eval-corpus and are judged by --eval-qrels. Leaks are queries that are training
 * texts; documents that are trained on are told of only, since a domain's documents are known when its encoder is tuned. UserError:
 * missing-files (usage), and as loadRetrieval.
 */
export async function retrievalEvaluation(
  settings: TrainSettings,
  datasets: readonly Dataset[],
): Promise<ChosenEvaluation> {
  const { eval: queries, evalCorpus: corpus, evalQrels: qrels } = settings;
  if (queries === undefined || corpus === undefined || qrels === undefined) throw missingFiles();
  const { reader } = await fittingOptions(queries, { reader: readerOf(settings) }, settings.data);
  const dataset = await loadRetrieval({ queries, corpus, qrels, reader });
  const { account, columns, dialect } = dataset;
  const asked: Dataset = { kind: "text", rows: dataset.rows, account, columns, dialect };
  const { trains, notes } = withoutLeaksOfFiles(settings, datasets, asked);
  return {
    trains,
    evalData: dataset,
    evaluator: evaluatorFor(dataset, "retrieval"),
    known: knownRows(asked, trains),
    selectsOn: queries,
    notes: [...notes, ...trainedDocuments(trains, dataset)],
  };
}

/** How many queries have a relevant document that is trained on: what is measured on them is partly memory. */
function trainedDocuments(
  trains: readonly Dataset[],
  { rows, corpus, qrels }: RetrievalDataset,
): string[] {
  const trained = new Set<string>();
  for (const row of trains.flatMap((train) => [...train.rows]))
    for (const text of textsOfRow(row)) trained.add(plainForm(text));
  const documents = new Set(
    corpus.filter(({ text }) => trained.has(plainForm(text))).map(({ id }) => id),
  );
  const queries = new Set(
    qrels
      .filter(({ document, relevance }) => relevance > 0 && documents.has(document))
      .map(({ query }) => query),
  );
  if (queries.size === 0) return [];
  const share = `${queries.size} of the ${rows.length} queries of --eval have a relevant document`;
  return [`${share} among the training texts: figures on them tell what was memorised too`];
}

function missingFiles() {
  return usageError(
    "missing-files",
    "selection by retrieval needs queries, documents and judgments",
    "--eval QUERIES --eval-corpus FILE --eval-qrels FILE",
  );
}
