import { internal } from "../errors/internal.js";
import { usageError } from "../errors/user-error.js";
import type { GraphBuilder } from "../graph/builder.js";
import type { Value } from "../graph/ir.js";
import { add, geluOfErf, gemm } from "../graph/ops/index.js";
import { principalComponents } from "../math/pca.js";
import { createRandom } from "../math/random.js";
import { float32, type Matrix, type Tensor } from "../math/tensor.js";
import type { HeadParameter } from "./head-parameter.js";
import {
  buildModules,
  type ModuleSpec,
  moduleParameters,
  stackWidth,
} from "./modules/module-stack.js";

/** `none`: y = x. `linear`: y = P·x. `mlp`: y = P·x + W2·gelu(W1·x + b1) + b2. */
export type HeadKind = "none" | "linear" | "mlp";

/** A projection head from the encoder's vectors x [B, D] to embeddings y [B, O]. Not normalised. */
export interface HeadSpec {
  readonly kind: HeadKind | "modules";
  /** D */
  readonly inputDim: number;
  /** O; more than D only to imitate a larger model. */
  readonly outputDim: number;
  /** Width of the MLP's hidden layer; of no meaning otherwise. */
  readonly hiddenDim: number;
  /** With `modules`: what they are. */
  readonly modules?: readonly ModuleSpec[] | undefined;
}

/** What may be chosen about a head; `dim` defaults to D, `hidden` to D. */
interface HeadOptions {
  readonly kind: HeadKind;
  readonly dim?: number | undefined;
  readonly hidden?: number | undefined;
  /** Whether O may exceed D. */
  readonly mayGrow?: boolean;
}

/** Names of the head's parameters, weights as [out, in]. */
export const HEAD_NAMES = {
  /** P [O, D] */
  projection: "head.projection.weight",
  /** W1 [H, D] */
  hiddenWeight: "head.hidden.weight",
  /** b1 [H] */
  hiddenBias: "head.hidden.bias",
  /** W2 [O, H] */
  outputWeight: "head.output.weight",
  /** b2 [O] */
  outputBias: "head.output.bias",
} as const;

/** The head for vectors of `inputDim` numbers. Sizes that do not fit are usage errors. */
export function headSpec(inputDim: number, options: HeadOptions): HeadSpec {
  const { kind, dim = inputDim, hidden = inputDim, mayGrow = false } = options;
  if (!Number.isInteger(dim) || dim < 1 || (dim > inputDim && !mayGrow)) {
    throw usageError(
      "bad-head-dim",
      `--head-dim must be a whole number from 1 to ${inputDim} (the encoder's size), got ${dim}`,
    );
  }
  if (kind === "none" && dim !== inputDim) {
    throw usageError(
      "bad-head-dim",
      `--head none keeps the encoder's ${inputDim} dimensions, got --head-dim ${dim}`,
      "use --head linear",
    );
  }
  if (!Number.isInteger(hidden) || hidden < 1) {
    throw usageError(
      "bad-head-hidden",
      `--head-hidden must be a whole number from 1 up, got ${hidden}`,
    );
  }
  return { kind, inputDim, outputDim: dim, hiddenDim: hidden };
}

/** The head that consists of a model's own modules, on vectors of `inputDim` numbers. */
export function modulesHead(inputDim: number, modules: readonly ModuleSpec[]): HeadSpec {
  return {
    kind: "modules",
    inputDim,
    outputDim: stackWidth(modules, inputDim),
    hiddenDim: 0,
    modules,
  };
}

/** Whether a head starts as principal components, which are not the model's own vectors. */
export function startsFromComponents({ kind, inputDim, outputDim }: HeadSpec): boolean {
  return kind !== "modules" && outputDim < inputDim;
}

/** The trained tensors of a head, in a fixed order. An MLP of the encoder's size has P = I, which is no parameter. */
export function headParameters(spec: HeadSpec): HeadParameter[] {
  const { kind, inputDim, outputDim, hiddenDim, modules = [] } = spec;
  if (kind === "modules") return moduleParameters(modules);
  const weight = (name: string, shape: readonly number[]) => ({ name, shape, decay: true });
  const bias = (name: string, size: number) => ({ name, shape: [size], decay: false });
  const projection = weight(HEAD_NAMES.projection, [outputDim, inputDim]);
  if (kind === "none") return [];
  if (kind === "linear") return [projection];
  return [
    ...(outputDim === inputDim ? [] : [projection]),
    weight(HEAD_NAMES.hiddenWeight, [hiddenDim, inputDim]),
    bias(HEAD_NAMES.hiddenBias, hiddenDim),
    weight(HEAD_NAMES.outputWeight, [outputDim, hiddenDim]),
    bias(HEAD_NAMES.outputBias, outputDim),
  ];
}

/**
 * Appends the head to a graph: x [B, D] → y [B, O], not normalised. `parameters` are the values of `headParameters` by name
 * (inputs when they are trained, initializers when they are exported). Every node means the same in
 * ONNX's operator sets 11 to 21, so a head can be added to a model as it was exported.
 */
export function buildHead(
  b: GraphBuilder,
  spec: HeadSpec,
  x: Value,
  parameters: ReadonlyMap<string, Value>,
): Value {
  const value = (name: string): Value =>
    parameters.get(name) ?? internal(`the head's parameter "${name}" is missing`);
  if (spec.kind === "none") return x;
  if (spec.kind === "modules") return buildModules(b, spec.modules ?? [], x, parameters);
  const projected =
    spec.kind === "mlp" && spec.outputDim === spec.inputDim
      ? x
      : gemm(b, x, value(HEAD_NAMES.projection), { transB: true });
  if (spec.kind === "linear") return projected;
  const c1 = value(HEAD_NAMES.hiddenBias);
  const hidden = geluOfErf(b, gemm(b, x, value(HEAD_NAMES.hiddenWeight), { transB: true, c: c1 }));
  const c2 = value(HEAD_NAMES.outputBias);
  return add(
    b,
    projected,
    gemm(b, hidden, value(HEAD_NAMES.outputWeight), { transB: true, c: c2 }),
  );
}

/** What starting values depend on. */
interface HeadStart {
  /** Training embeddings [N, D]; needed when O < D. */
  readonly embeddings?: Matrix | undefined;
  readonly seed: number;
  /** Values of a model's own modules. */
  readonly modules?: ReadonlyMap<string, Tensor> | undefined;
}

/**
 * Starting values, so that training starts from the encoder's own vectors: P is the identity (for O > D with rows of zeros
 * below) or, for O < D, the principal components of the embeddings; W2, b1 and b2 are zero, so the branch of an MLP is zero at first; W1 is normal with variance 1/D
 * (LeCun et al., Efficient BackProp, 1998, section 4.6), from the seed.
 */
export function initialHead(spec: HeadSpec, start: HeadStart): Map<string, Tensor> {
  if (spec.kind === "modules") return new Map(start.modules ?? internal("modules without values"));
  const random = createRandom(start.seed, "head");
  const deviation = 1 / Math.sqrt(spec.inputDim);
  const values = new Map<string, Tensor>();
  for (const { name, shape } of headParameters(spec)) {
    const size = shape.reduce((product, dim) => product * dim, 1);
    const data = new Float32Array(size);
    if (name === HEAD_NAMES.projection) data.set(initialProjection(spec, start.embeddings));
    if (name === HEAD_NAMES.hiddenWeight) data.set(data.map(() => deviation * random.normal()));
    values.set(name, float32(shape, data));
  }
  return values;
}

function initialProjection(spec: HeadSpec, embeddings: Matrix | undefined): Float32Array {
  const { inputDim, outputDim } = spec;
  if (outputDim < inputDim) {
    if (embeddings === undefined) internal("a head that reduces dimensions starts from embeddings");
    return principalComponents(embeddings, outputDim).data;
  }
  return Float32Array.from({ length: outputDim * inputDim }, (_, i) =>
    i % (inputDim + 1) === 0 ? 1 : 0,
  );
}
