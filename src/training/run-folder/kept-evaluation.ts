import { existsSync, readFileSync } from "node:fs";
import type { Evaluation, RowDetails, SampledText, TextSample } from "../../evaluation/metric.js";
import { writeFileAtomic } from "../../files/files.js";
import { readSealed, sealedText } from "../../files/sealed-json.js";
import { float16ToFloat32, float32ToFloat16 } from "../../math/float16.js";
import { decodeSafetensors, encodeSafetensors } from "../../math/safetensors.js";
import type { Matrix, Tensor } from "../../math/tensor.js";
import { runPaths } from "./run-folder.js";

/** Rows of the selecting data of which figures are kept; of more, so many from the beginning. */
const MOST_KEPT_ROWS = 20_000;

/** Figures of rows by name; null where one is not finite. */
type Figures = Readonly<Record<string, readonly (number | null)[]>>;

/** The rows of the selecting data, under the base and under the chosen model. */
export interface KeptRows {
  readonly task: string;
  /** Rows that there are; the lists may hold fewer. */
  readonly of: number;
  readonly lines: readonly number[];
  readonly texts: readonly string[];
  readonly others?: readonly string[] | undefined;
  readonly labels?: readonly string[] | undefined;
  readonly positive?: readonly number[] | undefined;
  /** Name of the figure by which rows are compared. */
  readonly main?: string | undefined;
  readonly base: Figures;
  readonly tuned: Figures;
  readonly sample: readonly SampledText[];
}

/** What a run keeps of its last measurement, for reports. */
export interface KeptEvaluation {
  readonly rows: KeptRows;
  /** Of the sampled texts [n, D], as half-precision numbers kept them; absent where there are none. */
  readonly base?: Matrix | undefined;
  readonly tuned?: Matrix | undefined;
}

/** Writes evaluation.json and evaluation.safetensors; nothing where the evaluator tells nothing of rows. */
export async function keepEvaluation(
  run: string,
  { base, tuned }: { readonly base: Evaluation; readonly tuned: Evaluation },
): Promise<void> {
  const { evaluation, vectors } = runPaths(run);
  const { details } = tuned;
  if (details === undefined || base.details === undefined) return;
  const sample = tuned.sample?.texts.filter(({ row }) => row < MOST_KEPT_ROWS) ?? [];
  const rows = keptRows({ task: tuned.task, details, before: base.details, sample });
  await writeFileAtomic(evaluation, sealedText(rows));
  if (base.sample === undefined || tuned.sample === undefined) return;
  const tensors = new Map([
    ["base", halves(base.sample, sample.length)],
    ["tuned", halves(tuned.sample, sample.length)],
  ]);
  const chunks = encodeSafetensors({ tensors, metadata: { format: "pt" } });
  await writeFileAtomic(vectors, Buffer.concat(chunks));
}

interface Keeping {
  readonly task: string;
  readonly details: RowDetails;
  readonly before: RowDetails;
  readonly sample: readonly SampledText[];
}

function keptRows({ task, details, before, sample }: Keeping): KeptRows {
  const some = <T>(list: ArrayLike<T>): T[] =>
    Array.from({ length: Math.min(list.length, MOST_KEPT_ROWS) }, (_, i) => list[i]);
  const { lines, texts, others, labels, positive, main } = details;
  return {
    task,
    of: texts.length,
    lines: some(lines),
    texts: some(texts),
    others: others && some(others),
    labels: labels && some(labels),
    positive: positive && some(positive),
    main,
    base: figuresOf(before, some),
    tuned: figuresOf(details, some),
    sample,
  };
}

function figuresOf({ figures }: RowDetails, some: (list: ArrayLike<number>) => number[]): Figures {
  const shortened = (x: number): number | null =>
    Number.isFinite(x) ? Number(x.toPrecision(6)) : null;
  return Object.fromEntries(
    Object.entries(figures).map(([name, list]) => [name, some(list).map(shortened)]),
  );
}

/** Rows are in file order, so those that are kept come first. */
function halves({ vectors: { cols, data } }: TextSample, rows: number): Tensor {
  const some = data.subarray(0, rows * cols);
  return { dtype: "float16", shape: [rows, cols], data: float32ToFloat16(some) };
}

/** What a run kept; undefined for runs of older versions and runs that measured nothing. UserError where a file is damaged. */
export function readKeptEvaluation(run: string): KeptEvaluation | undefined {
  const { evaluation, vectors } = runPaths(run);
  if (!existsSync(evaluation)) return undefined;
  const rows = readSealed(evaluation).content as unknown as KeptRows;
  if (!existsSync(vectors)) return { rows };
  const { tensors } = decodeSafetensors(readFileSync(vectors), vectors);
  return { rows, base: matrixOf(tensors.get("base")), tuned: matrixOf(tensors.get("tuned")) };
}

function matrixOf(tensor: Tensor | undefined): Matrix | undefined {
  if (tensor?.dtype !== "float16") return undefined;
  const [rows, cols] = tensor.shape;
  return { rows, cols, data: float16ToFloat32(tensor.data as Uint16Array) };
}
