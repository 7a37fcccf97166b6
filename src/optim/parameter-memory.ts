import { internal, invariant } from "../errors/internal.js";
import { sizeOf } from "../math/tensor.js";
import { type Address, type Kernel, loadKernel } from "./kernel/load.js";

/** One trained tensor. */
interface ParameterSpec {
  readonly name: string;
  readonly shape: readonly number[];
  /** Start values, row-major; copied. */
  readonly data: Float32Array;
  /** Whether weight decay applies: not to biases and LayerNorm. */
  readonly decay: boolean;
  /** Factor on the learning rate: layer decay, or the rate of an objective's own scalars. */
  readonly learningRateScale: number;
  /** The gradient arrives as (row indices, rows): an embedding table of shape [V, H]. */
  readonly sparse: boolean;
  /** Whether an update touches only rows that have a gradient; needs `sparse`. Default false. */
  readonly lazy?: boolean | undefined;
}

/** A trained tensor in the kernel's memory: its values, gradient and moments, each a view of the same length. */
export interface ParameterBlock {
  /** Without its start values, which need not be held on to. */
  readonly spec: Omit<ParameterSpec, "data">;
  readonly length: number;
  readonly parameter: Float32Array;
  readonly gradient: Float32Array;
  readonly firstMoment: Float32Array;
  readonly secondMoment: Float32Array;
  /** The moving average of the values, where there is one; outside the kernel's memory. */
  readonly average?: Float32Array | undefined;
}

/** All trained tensors over one kernel memory. */
export interface ParameterMemory {
  readonly kernel: Kernel;
  readonly blocks: readonly ParameterBlock[];
  /** Where indices and rows of sparse gradients pass through on their way to the kernel. */
  readonly staging: Address;
  readonly stagingBytes: number;
}

/** Blocks begin at cache lines and are padded with zeros to whole ones, which the kernel's AdamW relies on. */
const LINE_BYTES = 64;
const STAGING_BYTES = 2 ** 20;
/** Values, gradient and moments of a row pass through staging together. */
const STAGED_PARTS = 4;

/**
 * Lays out parameters, gradients, first and second moments: 16 bytes a trained number. Gradients and moments start
 * at zero. `averaged`: 4 bytes more for an average, which starts at the values. Throws UserError `out-of-memory` beyond 4 GB.
 */
export function allocateParameters(
  specs: readonly ParameterSpec[],
  { averaged = false }: { readonly averaged?: boolean } = {},
): ParameterMemory {
  specs.forEach(checkSpec);
  const sizes = specs.map((spec) => padded(spec.data.length * 4));
  const total = sizes.reduce((sum, size) => sum + size, 0);
  const stagingBytes = stagingSize(specs);
  const kernel = loadKernel(LINE_BYTES + 4 * total + stagingBytes);
  let offset = LINE_BYTES;
  const blocks = specs.map((spec, i) => {
    const view = (part: number): Float32Array<ArrayBuffer> =>
      new Float32Array(kernel.memory.buffer, offset + part * total, spec.data.length);
    const block = blockOf(spec, view);
    offset += sizes[i] ?? 0;
    return averaged ? { ...block, average: Float32Array.from(spec.data) } : block;
  });
  return { kernel, blocks, staging: LINE_BYTES + 4 * total, stagingBytes };
}

function blockOf(spec: ParameterSpec, view: (part: number) => Float32Array): ParameterBlock {
  const parameter = view(0);
  const { data, ...rest } = spec;
  parameter.set(data);
  return {
    spec: rest,
    length: data.length,
    parameter,
    gradient: view(1),
    firstMoment: view(2),
    secondMoment: view(3),
  };
}

function checkSpec(spec: ParameterSpec): void {
  const size = sizeOf(spec.shape);
  if (spec.data.length !== size) {
    internal(
      `parameter "${spec.name}" of shape [${spec.shape}] got ${spec.data.length} values, expected ${size}`,
    );
  }
  invariant(
    !spec.sparse || spec.shape.length === 2,
    `parameter "${spec.name}" has a sparse gradient, so its shape must be [V, H], got [${spec.shape}]`,
  );
}

function padded(bytes: number): number {
  return Math.ceil(bytes / LINE_BYTES) * LINE_BYTES;
}

/** Room for at least one row of every sparse parameter and its index, and for all that belongs to a row. */
function stagingSize(specs: readonly ParameterSpec[]): number {
  const widths = specs.filter((spec) => spec.sparse).map((spec) => spec.shape[1] ?? 0);
  if (widths.length === 0) return 0;
  const row = padded((Math.max(...widths) + 1) * 4);
  return Math.max(STAGING_BYTES, STAGED_PARTS * row);
}
