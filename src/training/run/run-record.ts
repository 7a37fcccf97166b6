import { arch, cpus, platform } from "node:os";
import { resolve } from "node:path";
import type { EncoderInfo } from "../../encoder/encoder.js";
import { promptTexts } from "../../encoder/prompts.js";
import type { EvaluationData } from "../../evaluation/definition.js";
import type { ScoreReport } from "../../evaluation/score-report.js";
import { packageVersion } from "../../files/version.js";
import type { AuxiliaryModel } from "../auxiliary/vectors.js";
import { resolvedEntries } from "../options/file-objectives.js";
import type { TrainSettings } from "../options/settings.js";
import type { TrainingFile } from "../plan/objective-groups.js";
import type { TrainingPlan } from "../plan/plan.js";
import type { FileLosses } from "../run-folder/file-losses.js";
import type {
  DataFileRecord,
  EvalRecord,
  RunRecord,
  TrainingFileRecord,
} from "../run-folder/run-folder.js";
import { joinRowReports } from "../selection/join-datasets.js";
import type { LoopResult } from "./loop.js";
import type { Outcome } from "./outcome.js";

/** run.json of a run that begins. */
export function newRecord(
  plan: TrainingPlan,
  {
    info,
    threads,
    auxiliary,
  }: {
    readonly info: EncoderInfo;
    readonly threads: number;
    readonly auxiliary?: AuxiliaryModel | undefined;
  },
): RunRecord {
  const { files, evalData } = plan;
  return {
    embtune: packageVersion(),
    created: new Date().toISOString(),
    options: resolvedOptions(plan),
    data: allFiles(files),
    files: files.length > 1 ? files.map(fileRecord) : undefined,
    eval: evalData === undefined ? undefined : evalRecord(evalData),
    metric: plan.metric,
    test: plan.test && { rows: plan.test.evaluator.rows, metric: plan.test.metric },
    steps: plan.steps,
    base: {
      source: info.source,
      name: info.name,
      path: resolve(info.path),
      hash: info.hash,
      dimension: info.dimension,
    },
    prompts: promptTexts(info),
    outside:
      auxiliary === undefined
        ? undefined
        : { name: auxiliary.name, hash: auxiliary.hash, dimension: auxiliary.dimension },
    machine: {
      platform: `${platform()} ${arch()}`,
      cpu: cpus()[0]?.model ?? "unknown",
      cores: cpus().length,
      node: process.version,
      threads,
    },
  };
}

function dataRecord({ account, rows, columns }: EvaluationData): DataFileRecord {
  return { path: account.file, sha256: account.sha256, rows: rows.length, columns };
}

/** Every option as resolved, those of the objectives too. */
export function resolvedOptions({ settings, objective }: TrainingPlan): TrainSettings {
  const { objectives } = settings;
  const own = objectives === undefined ? {} : { objectives: resolvedEntries(objectives) };
  return { ...settings, objectiveOptions: objective.options, ...own };
}

function allFiles(files: readonly TrainingFile[]): DataFileRecord {
  const { file: path, sha256 } = joinRowReports(files.map(({ data }) => data.account));
  const rows = files.reduce((sum, { data }) => sum + data.rows.length, 0);
  return { path, sha256, rows, columns: files[0]?.data.columns ?? {} };
}

function fileRecord({ data, objective }: TrainingFile): TrainingFileRecord {
  const { definition, options } = objective;
  return {
    ...dataRecord(data),
    kind: data.kind,
    objective: definition.name,
    objectiveOptions: options,
  };
}

function evalRecord(data: EvaluationData): EvalRecord {
  const beside = data.kind === "retrieval" ? data.beside : undefined;
  return { ...dataRecord(data), ...beside };
}

/** How a run ended. */
interface RunEnd extends LoopResult, Pick<Outcome, "parameters" | "interpolation" | "passedOver"> {
  readonly seconds: number;
  readonly scores?: ScoreReport;
  readonly test?: ScoreReport | undefined;
  /** By file, where there are several. */
  readonly losses: ReadonlyMap<string, FileLosses>;
}

/** run.json of a run that has ended. */
export function withResult(record: RunRecord, end: RunEnd): RunRecord {
  const { step, best, start, stoppedEarly, parameters, interpolation, passedOver } = end;
  const { seconds, scores, test, losses } = end;
  return {
    ...record,
    result: {
      step,
      bestStep: best.step,
      bestValue: best.value,
      startValue: start,
      stoppedEarly,
      interpolation,
      unchanged: parameters === undefined,
      passedOver,
      seconds: Number(seconds.toFixed(2)),
      losses: losses.size === 0 ? undefined : Object.fromEntries(losses),
      peakMemory: 1024 * process.resourceUsage().maxRSS,
      scores,
      test,
    },
  };
}
