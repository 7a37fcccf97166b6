import { existsSync } from "node:fs";
import { join } from "node:path";
import { type LoadOptions, loadDataset } from "../dataset/load-dataset.js";
import type { Dataset } from "../dataset/rows/row-types.js";
import type { EncodeOptions } from "../encoder/encode.js";
import type { Encoder, EncoderInfo } from "../encoder/encoder.js";
import { loadEncoder } from "../encoder/load.js";
import { evaluatorFor } from "../evaluation/for-dataset.js";
import type { Embed } from "../evaluation/metric.js";
import { openRuntime, type Runtime } from "../runtime/runtime.js";
import { baseModel, type RunRecord, readRun } from "../training/run-folder.js";
import { type ScoreReport, scoreReport } from "./scores.js";

export interface EvaluateOptions {
  /** Measuring files: scored pairs or (anchor, positive) pairs. */
  readonly data: readonly string[];
  /** Model folder, run folder or hub id; absent: the bundled encoder. */
  readonly model?: string;
  /** Model to compare with; for a run folder the model it started from is the default. */
  readonly base?: string;
  readonly columns?: LoadOptions["columns"];
  readonly labelMap?: LoadOptions["labelMap"];
  readonly maxLength?: number;
  readonly pooling?: string;
  readonly allowDownload?: boolean;
  /** Seed of the bootstrap; default 42. */
  readonly seed?: number;
  readonly threads?: number;
  readonly signal?: AbortSignal;
  readonly onEvent?: (event: EvaluateEvent) => void;
}

export type EvaluateEvent =
  | { readonly type: "data"; readonly dataset: Dataset }
  | { readonly type: "model"; readonly info: EncoderInfo }
  | { readonly type: "encoding"; readonly model: string; readonly done: number };

/** Scores a model, and a base beside it, on each file. Nothing is printed. */
export async function evaluate(options: EvaluateOptions): Promise<ScoreReport[]> {
  const datasets = await loadAll(options);
  const { threads } = options;
  const runtime = await openRuntime(threads === undefined ? {} : { threads });
  try {
    const models = await openModels(options, runtime);
    const reports: ScoreReport[] = [];
    for (const dataset of datasets) reports.push(await scoreFile(dataset, models, options));
    return reports;
  } finally {
    await runtime.close();
  }
}

async function loadAll(options: EvaluateOptions): Promise<Dataset[]> {
  const { columns, labelMap, onEvent } = options;
  const datasets: Dataset[] = [];
  for (const file of options.data) {
    const dataset = await loadDataset(file, {
      ...(columns === undefined ? {} : { columns }),
      ...(labelMap === undefined ? {} : { labelMap }),
    });
    onEvent?.({ type: "data", dataset });
    datasets.push(dataset);
  }
  return datasets;
}

interface Models {
  readonly model: { readonly name: string; readonly embed: Embed };
  readonly base?: { readonly name: string; readonly embed: Embed };
  readonly run?: RunRecord;
}

async function openModels(options: EvaluateOptions, runtime: Runtime): Promise<Models> {
  const run = runOf(options.model);
  const load = async (model: string | undefined): Promise<Encoder> => {
    const encoder = await loadEncoder({ ...options, model, runtime });
    options.onEvent?.({ type: "model", info: encoder.info });
    return encoder;
  };
  const encoder = await load(options.model);
  const start = run === undefined ? undefined : await load(baseModel(run.base));
  const other = options.base === undefined ? start : await load(options.base);
  const queryOnly = run?.options.headSide === "query";
  const model = {
    name: encoder.info.name,
    embed: embedWith(encoder, options, queryOnly ? start : undefined),
  };
  if (other === undefined) return { model };
  const base = { name: other.info.name, embed: embedWith(other, options) };
  return { model, base, ...(run === undefined ? {} : { run }) };
}

function runOf(model: string | undefined): RunRecord | undefined {
  return model !== undefined && existsSync(join(model, "run.json")) ? readRun(model) : undefined;
}

/** Documents go through `documents` where a run trained the query side only. */
function embedWith(encoder: Encoder, options: EvaluateOptions, documents?: Encoder): Embed {
  const { signal, onEvent } = options;
  return (texts, side) => {
    const chosen = side === "document" && documents !== undefined ? documents : encoder;
    const encode: EncodeOptions = {
      signal,
      onProgress: (done) => onEvent?.({ type: "encoding", model: chosen.info.name, done }),
    };
    return chosen.encode(texts, encode);
  };
}

async function scoreFile(
  dataset: Dataset,
  { model, base, run }: Models,
  options: EvaluateOptions,
): Promise<ScoreReport> {
  const evaluator = evaluatorFor(dataset);
  const scored = async ({ name, embed }: Models["model"]) => ({
    name,
    evaluation: await evaluator.run(embed),
  });
  return scoreReport({
    file: dataset.account.file,
    primary: evaluator.primary,
    model: await scored(model),
    ...(base === undefined ? {} : { base: await scored(base) }),
    selected: run?.eval !== undefined && run.eval.sha256 === dataset.account.sha256,
    seed: options.seed ?? 42,
  });
}
