import { readdirSync, statSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import type { EncoderInfo } from "../encoder/encoder.js";
import { usageError } from "../errors/user-error.js";
import { deciding, type ScoreReport } from "../evaluation/score-report.js";
import {
  type ComparedModel,
  gateFigure,
  type ModelComparison,
} from "../report/model-comparison.js";
import { differingOptions } from "./differing-options.js";
import { evaluate } from "./evaluate.js";
import { type ModelReference, referenceTo } from "./evaluate-models.js";
import type { EvaluateEvent, EvaluateOptions } from "./evaluate-options.js";
import { compareTable } from "./options/compare.js";
import { type JobOptions, requireControl, resolveJob } from "./options/shared.js";
import { recordedReports } from "./recorded-reports.js";

/** Which models are compared on what (`compareTable`), and who listens. */
export type CompareOptions = JobOptions<typeof compareTable> &
  Pick<EvaluateOptions, "signal" | "onEvent">;

/**
 * Models side by side: the options of runs that differ, the deciding metric with its interval on each file, the difference from the base
 * with a p-value corrected for the number of models, training time and size. Without `data` the figures are those that the runs wrote at
 * their end. Usage errors: those of `evaluate`, not-comparable, option-without-effect.
 */
export async function compareModels(given: CompareOptions): Promise<ModelComparison> {
  const { signal, onEvent, ...job } = given;
  requireControl({ signal, onEvent });
  const options = resolveJob("compare", compareTable, job);
  const references = options.models.map(referenceTo);
  requireReference(options, references);
  const opened = new Map<string | undefined, EncoderInfo>();
  const listen = (event: EvaluateEvent): void => {
    if (event.type === "model" && !opened.has(event.asked)) opened.set(event.asked, event.info);
    onEvent?.(event);
  };
  const measured =
    options.data === undefined
      ? recordedReports(references, options)
      : await measure(options, [options.data].flat(), { signal, onEvent: listen });
  const reports = measured.map((report, i) => named(report, references[i % references.length]));
  return {
    models: references.map((reference) => describe(reference, opened.get(reference.name))),
    options: differingOptions(references.map(({ run }) => run)),
    reports,
    recorded: options.data === undefined,
    failures: reports.flatMap((report) => failuresOf(report, options, references)),
  };
}

type Resolved = ReturnType<typeof resolveJob<typeof compareTable>>;

function requireReference(
  { base, failIfWorse }: Resolved,
  references: readonly ModelReference[],
): void {
  if (!failIfWorse || base !== undefined || references.length > 1 || references[0].run) return;
  throw usageError(
    "option-without-effect",
    "--fail-if-worse has no effect: there is nothing that the model could be worse than",
    "give it: --base MODEL",
  );
}

async function measure(
  options: Resolved,
  data: readonly string[],
  control: Pick<EvaluateOptions, "signal" | "onEvent">,
): Promise<ScoreReport[]> {
  const { models, failBelow: _, failIfWorse: __, base, ...others } = options;
  const first = models.length > 1 ? models[0] : undefined;
  return evaluate({ ...others, data, model: models, base: base ?? first, ...control });
}

function named(report: ScoreReport, { name }: ModelReference): ScoreReport {
  return { ...report, model: { ...report.model, name: name ?? report.model.name } };
}

function describe({ name, run }: ModelReference, info: EncoderInfo | undefined): ComparedModel {
  return {
    name: name ?? info?.name ?? "",
    bytes: info && weightBytes(info.modelFile),
    dimension: info?.dimension,
    steps: run?.result?.step,
    bestStep: run?.result?.bestStep,
    seconds: run?.result?.seconds,
  };
}

/** Bytes of a model's file and of those beside it that hold its weights (model.onnx_data, shards of safetensors). */
function weightBytes(file: string): number {
  const folder = dirname(file);
  const own = basename(file);
  const sharded = own.endsWith(".index.json");
  return readdirSync(folder)
    .filter((name) => (sharded ? name.endsWith(".safetensors") : name.startsWith(own)))
    .reduce((sum, name) => sum + statSync(join(folder, name)).size, 0);
}

/** Why a model's figures on a file are not good enough. The base itself is not judged. */
function failuresOf(
  report: ScoreReport,
  { failBelow, failIfWorse, base, data }: Resolved,
  references: readonly ModelReference[],
): string[] {
  const reference = base ?? (references.length > 1 && data ? references[0].name : undefined);
  const { model, primary, file } = report;
  if (reference !== undefined && model.name === reference) return [];
  const value = model.metrics.find(({ key }) => key === primary)?.value ?? Number.NaN;
  const failures: string[] = [];
  if (failBelow !== undefined && !(value >= failBelow))
    failures.push(
      `${model.name}: ${primary} on ${file} is ${gateFigure(value)}, below ${failBelow}`,
    );
  if (failIfWorse && report.verdict === "worse")
    failures.push(
      `${model.name}: ${primary} on ${file} is worse by ${gateFigure(-(deciding(report)?.difference ?? Number.NaN))}`,
    );
  if (failIfWorse && report.verdict === undefined)
    failures.push(`${model.name}: no verdict on ${file} (${whyNone(report)})`);
  return failures;
}

function whyNone({ selected, trained, notes = [] }: ScoreReport): string {
  if (selected) return "it selected the model";
  if (trained === true) return "the model was trained on it";
  return notes.join("; ") || "nothing to compare with";
}
