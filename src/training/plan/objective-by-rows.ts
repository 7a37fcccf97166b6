import { fittingOptions } from "../../dataset/fitting-options.js";
import type { LoadOptions } from "../../dataset/load-dataset.js";
import { readerOf } from "../../dataset/reading-options.js";
import type { RowKind } from "../../dataset/rows/row-kinds.js";
import { sampledKinds } from "../../dataset/sampled-kinds.js";
import { dataFiles } from "../options/file-objectives.js";
import type { TrainOptions } from "../options/settings.js";

/** What rows of a kind are trained with when nobody says otherwise, and their name for a message. */
export const objectiveOfKind: Readonly<
  Record<RowKind, { readonly objective: string; readonly rows: string }>
> = {
  pair: { objective: "infonce", rows: "pairs" },
  triplet: { objective: "infonce", rows: "triplets" },
  nli: { objective: "infonce", rows: "premises, hypotheses and relations" },
  "scored-pair": { objective: "cosent", rows: "scored pairs" },
  "labelled-pair": { objective: "online-contrastive", rows: "pairs with 0 and 1" },
  classed: { objective: "supcon", rows: "texts with classes" },
  text: { objective: "infonce", rows: "single texts" },
};

/** Options that the rows of the data decide, and why, one sentence each. */
export interface ChosenByRows {
  readonly options: Partial<TrainOptions>;
  readonly notes: readonly string[];
}

/** Dropout of the two views of single texts (Gao 2021, SimCSE). */
const viewDropout = 0.1;

/**
 * The objective of each file by its kind of row, where none is given: of a file that gives several kinds (SICK: scores and relations) the one
 * that --eval has, else the first. Single texts become two dropout views, which need a trained encoder. Of standard input nothing is read
 * beforehand, so that it has the default objective. UserError: as openWithColumns.
 */
export async function objectiveByRows(options: TrainOptions): Promise<ChosenByRows> {
  const { objective, objectives, teacher, teacherVectors } = options;
  const files = dataFiles(options);
  if (objective !== undefined || objectives !== undefined || files.includes("-"))
    return { options: {}, notes: [] };
  if (teacher !== undefined || teacherVectors !== undefined) return { options: {}, notes: [] };
  const measured = await measuredKind(options);
  const kinds: RowKind[] = [];
  for (const file of files) {
    const found = await sampledKinds(file, readingOf(options));
    const asked = found.find((kind) => kind === measured);
    kinds.push(asked ?? found[0] ?? "pair");
  }
  if (options.augment !== undefined)
    return {
      options: { objective: "infonce" },
      notes: ["objective infonce: --augment makes pairs of views (--objective sets another)"],
    };
  const names = kinds.map((kind) => objectiveOfKind[kind].objective);
  const views = kinds.includes("text") ? viewsOf(options) : { options: {}, notes: [] };
  const different = new Set(names).size > 1;
  const own = different
    ? { objectives: Object.fromEntries(files.map((file, i) => [file, { objective: names[i] }])) }
    : { objective: names[0] };
  const why = files.map(
    (file, i) =>
      `objective ${names[i]}: ${file} holds ${objectiveOfKind[kinds[i]].rows} (--objective sets another)`,
  );
  return { options: { ...own, ...views.options }, notes: [...why, ...views.notes] };
}

/** Two dropout views of single texts, unless the caller says how views are made. */
function viewsOf({ augment, dropout, tune }: TrainOptions): ChosenByRows {
  if (augment !== undefined || dropout !== undefined) return { options: {}, notes: [] };
  if (tune === "head") return { options: {}, notes: [] };
  return {
    options: { dropout: viewDropout, tune: tune ?? "full" },
    notes: [
      `single texts are their own positives under two dropout masks: --tune ${tune ?? "full"} --dropout ${viewDropout} (--augment makes other views)`,
    ],
  };
}

async function measuredKind(options: TrainOptions): Promise<RowKind | undefined> {
  if (options.eval === undefined || options.evalCorpus !== undefined) return undefined;
  const { labelMap, data } = options;
  const fitting = await fittingOptions(options.eval, readingOf(options), data);
  const [kind] = await sampledKinds(options.eval, { labelMap, ...fitting });
  return kind;
}

function readingOf(options: TrainOptions): LoadOptions {
  const { columns, labelMap } = options;
  return { columns, labelMap, reader: readerOf(options) };
}
