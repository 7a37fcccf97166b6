import type { AdamWOptions } from "../../src/optim/adamw.js";

/** One tensor of the reference: parameters and moments in float64. */
export interface ReferenceTensor {
  readonly parameter: number[];
  readonly first: number[];
  readonly second: number[];
}

export function referenceTensor(values: Iterable<number>): ReferenceTensor {
  const parameter = [...values];
  return { parameter, first: parameter.map(() => 0), second: parameter.map(() => 0) };
}

/** AdamW as in Loshchilov & Hutter (2019), Algorithm 2, in plain float64: the yardstick of the kernel. */
export function referenceAdamW(
  tensor: ReferenceTensor,
  gradient: readonly number[],
  options: AdamWOptions & { rate: number; step: number },
): void {
  const { beta1, beta2, epsilon, weightDecay, rate, step } = options;
  gradient.forEach((g, i) => {
    const first = beta1 * (tensor.first[i] ?? 0) + (1 - beta1) * g;
    const second = beta2 * (tensor.second[i] ?? 0) + (1 - beta2) * g * g;
    const corrected = first / (1 - beta1 ** step);
    const root = Math.sqrt(second / (1 - beta2 ** step));
    tensor.first[i] = first;
    tensor.second[i] = second;
    tensor.parameter[i] =
      (tensor.parameter[i] ?? 0) * (1 - rate * weightDecay) - (rate * corrected) / (root + epsilon);
  });
}
