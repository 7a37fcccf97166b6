import { influential } from "../autodiff/dependence.js";
import { valueAndGrad } from "../autodiff/value-and-grad.js";
import { internal } from "../errors/internal.js";
import { UserError } from "../errors/user-error.js";
import { GraphBuilder } from "../graph/builder.js";
import { emptyGraph, type Graph, type Shape } from "../graph/ir.js";
import { bool, float32, float64, int64, sizeOf, type Tensor } from "../math/tensor.js";
import { type GoldenCase, type GoldenTensor, readGoldenFile } from "./golden-file.js";
import { initialLogNormalizer } from "./log-normalizer.js";
import { buildLoss, type ConfiguredObjective } from "./loss.js";
import { objectiveNamed } from "./registry.js";
import { resolveOptions } from "./resolve.js";
import { type Inputs, type ObjectiveInput, objectiveInputs } from "./roles.js";

/** Runs a graph and returns its outputs by name. */
export type GraphRunner = (
  graph: Graph,
  feeds: Readonly<Record<string, Tensor>>,
) => Promise<Readonly<Record<string, Tensor>>>;

interface CheckOptions {
  readonly dtype: "float64" | "float32";
  readonly run: GraphRunner;
  /** Name of the file, for messages. */
  readonly file: string;
}

/** The error of one computed quantity, relative as `relativeError` says. */
interface QuantityError {
  /** `loss`, an input's name for its gradient, or `initialLogNormalizer`. */
  readonly quantity: string;
  readonly error: number;
}

/** What came of one case. */
export interface CaseReport {
  readonly objective: string;
  readonly name: string;
  readonly tolerance: number;
  readonly errors: readonly QuantityError[];
  /** The largest of the errors. */
  readonly worst: number;
  readonly passed: boolean;
}

/**
 * Computes loss and gradients of every case of a golden file (decoded JSON) and compares: |got − want| must be at most
 * rtol · (largest |want| in the same row of the last axis + 0.01), rtol 1e-9 in float64, in float32 1e-5 or the case's
 * own where that is larger. Throws a UserError that names file and case when a case has an unknown objective, option
 * or input.
 */
export async function checkGolden(
  contents: unknown,
  options: CheckOptions,
): Promise<readonly CaseReport[]> {
  const file = located(options.file, undefined, () => readGoldenFile(contents));
  const reports: CaseReport[] = [];
  for (const golden of file.cases) {
    const objective = located(options.file, golden.name, () => configured(file.objective, golden));
    const graph = located(options.file, golden.name, () => caseGraph(objective, golden, options));
    const outputs = await options.run(graph.graph, graph.feeds);
    reports.push(report(objective, golden, { ...options, graph, outputs }));
  }
  return reports;
}

/** The objective of a case, `options.objective` in a modifier's file, with its options. */
function configured(fileObjective: string, golden: GoldenCase): ConfiguredObjective {
  const { objective, ...options } = golden.options;
  const definition = objectiveNamed(String(objective ?? fileObjective));
  return { definition, options: resolveOptions(definition, options) };
}

/** A case as a graph: its feeds, and which outputs hold loss and gradients. */
interface CaseGraph {
  readonly graph: Graph;
  readonly feeds: Readonly<Record<string, Tensor>>;
  readonly loss: string;
  /** Input → output with its gradient; absent where the loss does not depend on the input. */
  readonly gradients: ReadonlyMap<ObjectiveInput, string>;
}

function caseGraph(
  objective: ConfiguredObjective,
  golden: GoldenCase,
  { dtype }: CheckOptions,
): CaseGraph {
  const graph = emptyGraph("objective");
  const b = new GraphBuilder(graph);
  const feeds: Partial<Record<ObjectiveInput, Tensor>> = {};
  const inputs: Inputs = Object.fromEntries(
    [...golden.inputs].map(([role, tensor]) => {
      const feed = feedOf(role, tensor, dtype);
      feeds[role] = feed;
      return [role, b.input(role, feed.dtype, graphShape(role, tensor))];
    }),
  );
  const loss = b.output(buildLoss(b, objective, inputs));
  const wrt = influential(graph, loss.name, [...golden.gradients.keys()]) as ObjectiveInput[];
  const gradients = new Map<ObjectiveInput, string>();
  for (const [role, gradient] of valueAndGrad(graph, { loss: loss.name, wrt })) {
    if (gradient.kind !== "dense") internal(`the gradient of "${role}" is not dense`);
    gradients.set(role as ObjectiveInput, gradient.name);
    if (!graph.outputs.includes(gradient.name)) graph.outputs.push(gradient.name);
  }
  return { graph, feeds, loss: loss.name, gradients };
}

/** Sizes that change from batch to batch are names, as in training; K, D and the like are numbers. */
function graphShape(role: ObjectiveInput, tensor: GoldenTensor): Shape {
  const letters: readonly string[] = objectiveInputs[role].shape;
  return tensor.shape.map((size, axis) => {
    const letter = letters[axis];
    return letter === "B" || letter === "N" || letter === "Q" ? letter : size;
  });
}

function feedOf(
  role: ObjectiveInput,
  { shape, data }: GoldenTensor,
  dtype: CheckOptions["dtype"],
): Tensor {
  switch (objectiveInputs[role].type) {
    case "float":
      return dtype === "float32" ? float32(shape, data) : float64(shape, data);
    case "int64":
      return int64(shape, data);
    case "bool":
      return bool(
        shape,
        data.map((x) => x !== 0),
      );
  }
}

interface Computed extends CheckOptions {
  readonly graph: CaseGraph;
  readonly outputs: Readonly<Record<string, Tensor>>;
}

function report(
  objective: ConfiguredObjective,
  golden: GoldenCase,
  computed: Computed,
): CaseReport {
  const { graph, outputs, dtype } = computed;
  const tolerance = dtype === "float64" ? 1e-9 : Math.max(1e-5, golden.float32Tolerance ?? 0);
  const values = (name: string | undefined, size: number): ArrayLike<number> =>
    name === undefined ? new Float64Array(size) : (outputs[name]?.data as Float64Array);
  const loss = { shape: [], data: [golden.loss] };
  const errors: QuantityError[] = [
    { quantity: "loss", error: relativeError(values(graph.loss, 1), loss) },
  ];
  for (const [role, want] of golden.gradients) {
    const got = values(graph.gradients.get(role), sizeOf(want.shape));
    errors.push({ quantity: role, error: relativeError(got, want) });
  }
  errors.push(...startError(objective, golden));
  const worst = errors.reduce((most, { error }) => Math.max(most, error), 0);
  const { name } = objective.definition;
  return {
    objective: name,
    name: golden.name,
    tolerance,
    errors,
    worst,
    passed: worst <= tolerance,
  };
}

/** The start value of z is computed in float64 whatever the graph's type. */
function startError({ options }: ConfiguredObjective, golden: GoldenCase): QuantityError[] {
  if (golden.initialLogNormalizer === undefined) return [];
  const feeds = [...golden.inputs].map(([role, x]) => [role, feedOf(role, x, "float64")] as const);
  const start = initialLogNormalizer(Object.fromEntries(feeds), options);
  const want = { shape: [], data: [golden.initialLogNormalizer] };
  return [{ quantity: "initialLogNormalizer", error: relativeError([start], want) }];
}

/**
 * The largest |got − want| / (largest |want| in the same row of the last axis + 0.01); infinite where a value is not a
 * number.
 */
export function relativeError(got: ArrayLike<number>, want: GoldenTensor): number {
  if (got.length !== want.data.length) return Number.POSITIVE_INFINITY;
  const size = want.shape.at(-1) ?? 1;
  let worst = 0;
  for (let start = 0; start < want.data.length; start += size) {
    const row = want.data.slice(start, start + size);
    const unit = row.reduce((most, x) => Math.max(most, Math.abs(x)), 0) + 0.01;
    row.forEach((x, i) => {
      const error = Math.abs((got[start + i] ?? Number.NaN) - x) / unit;
      worst = Number.isNaN(error) ? Number.POSITIVE_INFINITY : Math.max(worst, error);
    });
  }
  return worst;
}

/** Runs `f`; a UserError is thrown again as one about the file and case, with exit code 1. */
function located<T>(file: string, name: string | undefined, f: () => T): T {
  try {
    return f();
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    const message = name === undefined ? error.message : `case "${name}": ${error.message}`;
    throw new UserError(error.code, message, {
      at: { file },
      cause: error,
      hint: error.hint,
    });
  }
}
