import type { ScoreReport } from "../evaluation/score-report.js";
import { formatReports, times100 } from "./scores.js";
import { fittingTable } from "./table.js";

/** A model of a comparison. */
export interface ComparedModel {
  /** As it was asked for; without a name the bundled encoder's. */
  readonly name: string;
  /** Size of its weights in bytes, and of its vectors; unknown where no model was opened. */
  readonly bytes?: number | undefined;
  readonly dimension?: number | undefined;
  /** Of a run: updates, the step that goes out, and the seconds that it took. */
  readonly steps?: number | undefined;
  readonly bestStep?: number | undefined;
  readonly seconds?: number | undefined;
}

/** An option that is not the same in all runs; values by model, undefined for what is no run. */
export interface DifferingOption {
  readonly option: string;
  readonly values: readonly unknown[];
}

/** Models on the same rows. */
export interface ModelComparison {
  readonly models: readonly ComparedModel[];
  readonly options: readonly DifferingOption[];
  /** By file and model. */
  readonly reports: readonly ScoreReport[];
  /** Whether the figures are those that the runs wrote at their end. */
  readonly recorded: boolean;
  /** Why it fails what was asked for, one sentence each. */
  readonly failures: readonly string[];
}

/** The models, the options that differ, and a table a file. */
export function formatModelComparison(comparison: ModelComparison, width?: number): string {
  const { models, options, reports, recorded } = comparison;
  return [
    modelTable(models, width),
    ...(options.length === 0 ? [] : [optionTable(models, options, width)]),
    ...(recorded ? ["as the runs measured them at their end, each against its own base:"] : []),
    formatReports(reports, width),
  ].join("\n\n");
}

function modelTable(models: readonly ComparedModel[], width?: number): string {
  const right = "right" as const;
  return fittingTable(
    [{ title: "model" }, ...modelTitles.map((title) => ({ title, align: right }))],
    models.map(modelCells),
    width,
  );
}

/** What is told of a model, beside its name. */
export const modelTitles: readonly string[] = [
  "size",
  "dimensions",
  "best step",
  "steps",
  "training time",
];

/** A model's name and what `modelTitles` call. */
export function modelCells(model: ComparedModel): string[] {
  const { name, bytes, dimension, bestStep, steps, seconds } = model;
  return [
    name,
    bytes === undefined ? "" : `${(bytes / 1e6).toFixed(1)} MB`,
    shown(dimension),
    shown(bestStep),
    shown(steps),
    seconds === undefined ? "" : `${seconds.toFixed(1)}s`,
  ];
}

function optionTable(
  models: readonly ComparedModel[],
  options: readonly DifferingOption[],
  width?: number,
): string {
  return fittingTable(
    [{ title: "option" }, ...models.map(({ name }) => ({ title: name }))],
    options.map(({ option, values }) => [option, ...values.map(shown)]),
    width,
  );
}

/** A value of an option; nothing where there is none. */
export function shown(value: unknown): string {
  if (value === undefined) return "";
  return typeof value === "string" ? value : JSON.stringify(value);
}

/** What a gate says of a figure: `0.7412 (74.12)`. */
export function gateFigure(value: number): string {
  return Number.isNaN(value) ? "undefined" : `${value.toFixed(4)} (${times100(value)})`;
}
