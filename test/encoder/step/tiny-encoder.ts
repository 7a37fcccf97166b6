import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { StepParameter } from "../../../src/encoder/step/parameters.js";
import { type PreparedEncoder, prepareEncoder } from "../../../src/encoder/step/prepare.js";
import { importProbed } from "../../../src/graph/import.js";
import type { Graph } from "../../../src/graph/ir.js";
import { float32, type Tensor } from "../../../src/math/tensor.js";
import { folderReader } from "../../../src/onnx/external-data.js";
import { runModel } from "../../support/run-graph.js";

/** A tensor as reference.json writes it. */
export interface WrittenTensor {
  readonly shape: readonly number[];
  readonly data: readonly number[];
}

/** One parameter of PyTorch's model. */
export interface ReferenceParameter {
  readonly shape: readonly number[];
  /** The initializer that holds it; null where the file has none of these values. */
  readonly onnx: string | null;
  readonly transposed: boolean;
  readonly gradientNorm: number;
  readonly gradientProjection: number;
  readonly gradient?: readonly number[];
}

/** reference.json of a fixture: PyTorch's numbers in float64. */
export interface Reference {
  readonly refused?: boolean;
  readonly pooling: "mean" | "cls" | "lasttoken";
  readonly inputs: Readonly<Record<string, WrittenTensor>>;
  readonly lastHiddenState: WrittenTensor;
  readonly embeddings: WrittenTensor;
  readonly targets: WrittenTensor;
  readonly temperature: number;
  readonly loss: number;
  readonly gradientNorm: number;
  readonly float32GradientError: number;
  readonly parameters: Readonly<Record<string, ReferenceParameter>>;
  readonly shared: Readonly<Record<string, { parameters: string[]; gradientNorm: number }>>;
}

const ROOT = "test/fixtures/encoders";

export function readReference(name: string): Reference {
  return JSON.parse(readFileSync(join(ROOT, name, "reference.json"), "utf8"));
}

/** Names of the fixtures that can be trained. */
export const TINY_ENCODERS: readonly string[] = readdirSync(ROOT)
  .filter((name) => existsSync(join(ROOT, name, "reference.json")))
  .filter((name) => readReference(name).refused !== true);

export function importTiny(name: string): Promise<Graph> {
  const folder = join(ROOT, name, "onnx");
  const external = folderReader(folder);
  return importProbed(readFileSync(join(folder, "model.onnx")), runModel, { external });
}

export async function prepareTiny(name: string): Promise<PreparedEncoder> {
  return prepareEncoder(await importTiny(name));
}

/** The fixture's texts as token ids without padding, and the id at padding. */
export function tinyTexts(reference: Reference): { texts: Int32Array[]; padId: number } {
  const { input_ids: ids, attention_mask: mask } = reference.inputs;
  const [B, T] = ids.shape as [number, number];
  const texts = Array.from({ length: B }, (_, b) =>
    Int32Array.from(
      ids.data.slice(b * T, (b + 1) * T).filter((_, t) => mask.data[b * T + t] === 1),
    ),
  );
  return { texts, padId: ids.data[mask.data.indexOf(0)] ?? 0 };
}

type Tensors = Readonly<Record<string, Tensor>>;

/** Start values of a step's parameters as feeds. */
export function valuesOf(parameters: readonly StepParameter[]): Record<string, Tensor> {
  return Object.fromEntries(
    parameters.map(({ name, shape, data }) => [name, float32(shape, data ?? new Float32Array(1))]),
  );
}

/** The gradient of a parameter as a dense array, from the outputs of a run. */
export function denseGradient(parameter: StepParameter, outputs: Tensors): Float64Array {
  const { gradient, shape } = parameter;
  if (gradient.kind === "dense")
    return Float64Array.from(outputs[gradient.name].data as Float32Array);
  const [height, width] = shape as [number, number];
  const dense = new Float64Array(height * width);
  const rows = outputs[gradient.rows].data as Float32Array;
  for (const [i, index] of (outputs[gradient.indices].data as BigInt64Array).entries()) {
    for (let k = 0; k < width; k++) dense[Number(index) * width + k] += rows[i * width + k];
  }
  return dense;
}

/** All gradients of a run, by parameter. */
export function denseGradients(
  parameters: readonly StepParameter[],
  outputs: Tensors,
): Map<string, Float64Array> {
  return new Map(parameters.map((p) => [p.name, denseGradient(p, outputs)]));
}

export const norm = (x: ArrayLike<number>): number =>
  Math.sqrt(Array.from(x).reduce((s, v) => s + v * v, 0));

/** The largest ‖x − y‖ / (‖y‖ + 1e-3·‖all y‖) over the parameters, as the fixtures measure float32. */
export function largestDifference(
  found: ReadonlyMap<string, Float64Array>,
  expected: ReadonlyMap<string, Float64Array>,
): number {
  const total = norm([...expected.values()].map(norm));
  return Math.max(
    ...[...expected].map(([name, y]) => {
      const x = found.get(name)!;
      return norm(x.map((v, i) => v - y[i])) / (norm(y) + 1e-3 * total);
    }),
  );
}
