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
 * decayed. Moments below the smallest normal number become zero.
 */
export function adamWUpdate(
  memory: ParameterMemory,
  options: AdamWOptions,
  update: AdamWStep,
): void {
  for (const block of memory.blocks) updateBlock(memory.kernel, block, { ...options, ...update });
}

function updateBlock(
  kernel: Kernel,
  block: ParameterBlock,
  options: AdamWOptions & AdamWStep,
): void {
  const { beta1, beta2, epsilon, step } = options;
  const rate = options.learningRate * block.spec.learningRateScale;
  const decay = block.spec.decay ? options.weightDecay : 0;
  kernel.adamW(
    block.parameter.byteOffset,
    block.gradient.byteOffset,
    block.firstMoment.byteOffset,
    block.secondMoment.byteOffset,
    block.length,
    options.gradientScale,
    1 - rate * decay,
    1 - beta1,
    beta2,
    1 - beta2,
    -(rate / (1 - beta1 ** step)),
    Math.sqrt(1 - beta2 ** step),
    epsilon,
  );
}
