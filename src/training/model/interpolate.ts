import type { Tensor } from "../../math/tensor.js";

/** Tensors by the names of trained parameters. */
export type Parameters = ReadonlyMap<string, Tensor>;

/** Where the line to the tuned parameters begins. */
export interface LineStart {
  /** What training started from, of everything that moves in a straight line: the encoder's own weights and the head's. */
  readonly values: Parameters;
  /** Second factors B of adapters, which start at zero: α·B makes W0 + α·s·BA of the merged weight, whatever A is. */
  readonly scaled: ReadonlySet<string>;
}

/**
 * The point α of the straight line from the start to the end of training: (1−α)·start + α·end (Wortsman et al. 2022, "Robust
 * fine-tuning of zero-shot models"), summed in float64 and rounded once to float32. α = 0 gives the start and α = 1 the end to
 * the bit. First factors of adapters and an objective's own parameters stay as they are at the end.
 */
export function interpolate(start: LineStart, end: Parameters, alpha: number): Parameters {
  if (alpha === 1) return end;
  const moved = [...end].map(([name, tensor]) => {
    const from = start.values.get(name);
    if (from !== undefined) return [name, between(from, tensor, alpha)] as const;
    return [name, start.scaled.has(name) ? scaled(tensor, alpha) : tensor] as const;
  });
  return new Map(moved);
}

function between(start: Tensor, end: Tensor, alpha: number): Tensor {
  if (alpha === 0) return { ...end, data: Float32Array.from(start.data as Float32Array) };
  const [from, to] = [start.data as Float32Array, end.data as Float32Array];
  const data = new Float32Array(to.length);
  const beta = 1 - alpha;
  for (let i = 0; i < to.length; i++) data[i] = beta * from[i] + alpha * to[i];
  return { ...end, data };
}

/** α·end; at α = 0 without negative zeros. */
function scaled(end: Tensor, alpha: number): Tensor {
  const data = new Float32Array(end.data.length);
  if (alpha > 0)
    for (let i = 0; i < data.length; i++) data[i] = alpha * (end.data as Float32Array)[i];
  return { ...end, data };
}
