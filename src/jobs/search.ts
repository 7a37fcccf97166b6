import type { Encoder, EncoderInfo } from "../encoder/encoder.js";
import { type LoadEncoderOptions, loadEncoder } from "../encoder/load.js";
import { promptFor, requireKnownPrompts } from "../encoder/prompts.js";
import { unknownTokensNote } from "../encoder/unknown-tokens.js";
import { UserError } from "../errors/user-error.js";
import { modelFolderOf } from "../export/checkpoint-model.js";
import type { Matrix } from "../math/tensor.js";
import { type CorpusText, readCorpus } from "../mining/corpus.js";
import { openRuntime, type Runtime } from "../runtime/runtime.js";
import type { SearchAnswer } from "../search/answer.js";
import { multiply } from "../search/product.js";
import { rankedUnderAll } from "../search/ranks.js";
import { toUnitLength } from "../search/unit-length.js";
import { baseModel } from "../training/run-folder/run-folder.js";
import { type KeepOptions, keptVectors, withVectorFolder } from "./cached-vectors.js";
import { chooseModels, type ModelReference } from "./evaluate-models.js";
import { searchTable } from "./options/search.js";
import { type JobOptions, requireControl, resolveJob } from "./options/shared.js";

export type SearchEvent =
  | { readonly type: "corpus"; readonly file: string; readonly texts: number }
  | { readonly type: "model"; readonly info: EncoderInfo }
  | { readonly type: "note"; readonly message: string }
  | {
      readonly type: "encoding";
      readonly model: string;
      readonly done: number;
      readonly total: number;
    };

/** What to look through and with which models (`searchTable`), and who listens. */
export type SearchOptions = JobOptions<typeof searchTable> & {
  readonly signal?: AbortSignal | undefined;
  readonly onEvent?: ((event: SearchEvent) => void) | undefined;
};

/** A corpus that can be asked. */
export interface OpenSearch {
  /** Distinct texts. */
  readonly texts: number;
  readonly ask: (query: string) => Promise<SearchAnswer>;
  readonly release: () => Promise<void>;
}

type Resolved = ReturnType<typeof resolved>;

/**
 * Reads a corpus and embeds it under the base and every other model; then any number of queries can be asked, by exact search. Vectors are
 * kept in `cacheFolder`. UserError: as readCorpus and loadEncoder, empty-corpus.
 */
export async function openSearch(given: SearchOptions): Promise<OpenSearch> {
  const options = resolved(given);
  const corpus = await readCorpus(options.corpus, corpusOptions(options));
  const rows = distinctRows(corpus.texts);
  if (rows.length === 0)
    throw new UserError("empty-corpus", "has no text to look through", {
      at: { file: options.corpus },
    });
  options.onEvent({ type: "corpus", file: options.corpus, texts: rows.length });
  for (const message of corpus.notes) options.onEvent({ type: "note", message });
  const runtime = await openRuntime({ threads: options.threads });
  try {
    const models: SearchModel[] = [];
    for (const reference of references(options))
      models.push(await openSearchModel(reference, { options, rows, runtime }));
    return {
      texts: rows.length,
      ask: (query) => ask(query, { rows, models, k: options.k }),
      release: () => runtime.close(),
    };
  } catch (error) {
    await runtime.close();
    throw error;
  }
}

function resolved({ signal, onEvent = () => undefined, ...job }: SearchOptions) {
  requireControl({ signal, onEvent });
  requireKnownPrompts(job.prompts);
  return { ...resolveJob("search", searchTable, job), signal, onEvent };
}

function corpusOptions({ column, reader }: Resolved) {
  const columns = column === undefined ? undefined : { text: column };
  return { columns, reader, choice: "--column " };
}

/** The base first, then the others in the order given. */
function references(options: Resolved): readonly ModelReference[] {
  const { models, base } = chooseModels(options);
  return base === undefined || models.includes(base) ? models : [base, ...models];
}

/** Of equal texts the first. */
function distinctRows(rows: readonly CorpusText[]): CorpusText[] {
  const seen = new Set<string>();
  return rows.filter(({ text }) => !seen.has(text) && seen.add(text));
}

interface SearchModel {
  readonly name: string;
  readonly queries: Encoder;
  /** Unit vectors of the corpus [N,D]. */
  readonly documents: Matrix;
}

/** A model that was trained on the query side alone embeds documents as the model that it started from. */
async function openSearchModel(
  { name, run, dtype }: ModelReference,
  {
    options,
    rows,
    runtime,
  }: {
    readonly options: Resolved;
    readonly rows: readonly CorpusText[];
    readonly runtime: Runtime;
  },
): Promise<SearchModel> {
  const open = (model: string | undefined, weights?: LoadEncoderOptions["dtype"]) =>
    loadEncoder({ ...options, model, dtype: weights, runtime });
  const queries = await open(await modelFolderOf(name, runtime), dtype);
  options.onEvent({ type: "model", info: queries.info });
  const apart = run?.options.headSide === "query" ? await open(baseModel(run.base)) : undefined;
  const texts = rows.map(({ text }) => text);
  const message = unknownTokensNote(queries, texts);
  if (message !== undefined) options.onEvent({ type: "note", message });
  const keep = keepOptions(options);
  const documents = await withVectorFolder(keep, (folder) =>
    keptVectors(apart ?? queries, texts, { use: "document", folder, options: keep }),
  );
  await apart?.release();
  return { name: queries.info.name, queries, documents };
}

/** Options that say whether and where vectors are kept. */
export function keepOptions({
  cache,
  cacheFolder,
  signal,
  onEvent,
}: Pick<Resolved, "cache" | "cacheFolder" | "signal" | "onEvent">): KeepOptions {
  return {
    cache,
    cacheFolder,
    signal,
    onNote: (message) => onEvent({ type: "note", message }),
    onEncoded: (model, done, total) => onEvent({ type: "encoding", model, done, total }),
  };
}

async function ask(
  query: string,
  {
    rows,
    models,
    k,
  }: {
    readonly rows: readonly CorpusText[];
    readonly models: readonly SearchModel[];
    readonly k: number;
  },
): Promise<SearchAnswer> {
  const scores: Float64Array[] = [];
  for (const { queries, documents } of models) {
    const vector = toUnitLength(
      await queries.encode([query], { prompt: promptFor(queries.info, "query") }),
    );
    const own = new Float64Array(documents.rows);
    multiply(vector, documents, own);
    scores.push(own);
  }
  const ranked = rankedUnderAll(scores, Math.min(k, rows.length));
  return {
    query,
    models: models.map(({ name }, i) => ({
      name,
      hits: ranked[i].map(({ document, score, ranks }) => ({ ...rows[document], score, ranks })),
    })),
  };
}
