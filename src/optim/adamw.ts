import type { TouchedRows } from "./gradient.js";
import type { Kernel } from "./kernel/load.js";
import type { ParameterBlock, ParameterMemory } from "./parameter-memory.js";

/** AdamW's constants (Loshchilov & Hutter 2019, Algorithm 2). */
export interface AdamWOptions {
  /** β₁: decay of the first moment, 0 ≤ β₁ < 1. */
  readonly beta1: number;
  /** β₂: decay of the second moment, 0 ≤ β₂ < 1. */
  readonly beta2: number;
  /** ε, outside the root. */
  readonly epsilon: number;
  /** λ: decoupled weight decay. */
  readonly weightDecay: number;
}

/** PyTorch's defaults; the step count and rate come with each update. */
export const ADAMW_DEFAULTS: AdamWOptions = {
  beta1: 0.9,
  beta2: 0.999,
  epsilon: 1e-8,
  weightDecay: 0.01,
};

/** Numbers that the kernel updates at a time. */
const GROUP = 16;

/** One update. */
interface AdamWStep {
  /** t = 1, 2, …: how many updates the moments have seen, this one included. */
  readonly step: number;
  readonly learningRate: number;
  /** The clip factor: gradients are multiplied by it. */
  readonly gradientScale: number;
}

/**
 * Updates all parameters and moments in place, in float32 with torch.optim.AdamW's order of operations
 * (kernel/assembly). The rate of a block is learningRate · learningRateScale; blocks with `decay` false are not
 * decayed. Moments below the smallest normal number become zero. Of a lazy block only the touched rows are updated, by the same
 * formula with the same t (torch.optim.SparseAdam, with decay): the cost does not depend on the size of the table.
 */
export function adamWUpdate(
  memory: ParameterMemory,
  options: AdamWOptions,
  update: AdamWStep,
  touched: ReadonlyMap<string, TouchedRows> = new Map(),
): void {
  for (const block of memory.blocks) {
    const scalars = scalarsOf(block, { ...options, ...update });
    if (block.spec.lazy === true)
      updateRows(memory, block, touched.get(block.spec.name) ?? [], scalars);
    else updateAll(memory.kernel, block, scalars);
  }
}

/** What the kernel's formula wants after the addresses and the count. */
type Scalars = readonly [
  gradientScale: number,
  keep: number,
  weight1: number,
  beta2: number,
  weight2: number,
  negativeStep: number,
  root2: number,
  epsilon: number,
];

function scalarsOf({ spec }: ParameterBlock, options: AdamWOptions & AdamWStep): Scalars {
  const { beta1, beta2, epsilon, step } = options;
  const rate = options.learningRate * spec.learningRateScale;
  const decay = spec.decay ? options.weightDecay : 0;
  return [
    options.gradientScale,
    1 - rate * decay,
    1 - beta1,
    beta2,
    1 - beta2,
    -(rate / (1 - beta1 ** step)),
    Math.sqrt(1 - beta2 ** step),
    epsilon,
  ];
}

const partsOf = ({ parameter, gradient, firstMoment, secondMoment }: ParameterBlock) =>
  [parameter, gradient, firstMoment, secondMoment] as const;

function updateAll(kernel: Kernel, block: ParameterBlock, scalars: Scalars): void {
  const [p, g, m, v] = partsOf(block).map(({ byteOffset }) => byteOffset);
  kernel.adamW(p, g, m, v, block.length, ...scalars);
}

/** The kernel updates whole groups of 16 numbers: rows that are none pass through staging, behind which there is padding. */
function updateRows(
  { kernel, staging }: ParameterMemory,
  block: ParameterBlock,
  rows: TouchedRows,
  scalars: Scalars,
): void {
  const width = block.spec.shape[1];
  const parts = partsOf(block);
  if (width % GROUP === 0) {
    const [p, g, m, v] = parts.map(({ byteOffset }) => byteOffset);
    for (const row of rows) {
      const at = 4 * row * width;
      kernel.adamW(p + at, g + at, m + at, v + at, width, ...scalars);
    }
    return;
  }
  const size = Math.ceil(width / GROUP) * GROUP;
  const staged = parts.map(
    (_, i) => new Float32Array(kernel.memory.buffer, staging + 4 * i * size, size),
  );
  for (const array of staged) array.fill(0);
  const [p, g, m, v] = staged.map(({ byteOffset }) => byteOffset);
  for (const row of rows) {
    const [from, to] = [row * width, (row + 1) * width];
    for (const [i, part] of parts.entries()) staged[i].set(part.subarray(from, to));
    kernel.adamW(p, g, m, v, width, ...scalars);
    for (const [i, part] of parts.entries()) part.set(staged[i].subarray(0, width), from);
  }
}
