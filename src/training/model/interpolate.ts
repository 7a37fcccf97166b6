import type { Tensor } from "../../math/tensor.js";

/** Tensors by the names of trained parameters. */
export type Parameters = ReadonlyMap<string, Tensor>;

/** Tensors that may be read when they are asked for. */
export type StartValues = Pick<Parameters, "get">;

/** Where the line to the tuned parameters begins. */
export interface LineStart {
  /** What training started from, of everything that moves in a straight line: the encoder's own weights and the head's. */
  readonly values: StartValues;
  /** Second factors B of adapters, which start at zero: α·B makes W0 + α·s·BA of the merged weight, whatever A is. */
  readonly scaled: ReadonlySet<string>;
}

/**
 * The point α of the straight line from the start to the end of training: (1−α)·start + α·end (Wortsman et al. 2022, "Robust
 * fine-tuning of zero-shot models"), summed in float64 and rounded once to float32. α = 0 gives the start and α = 1 the end to
 * the bit. First factors of adapters and an objective's own parameters stay as they are at the end.
 * Each tensor is made when it is asked for.
 */
export function* interpolated(
  start: LineStart,
  end: Parameters,
  alpha: number,
): Iterable<readonly [string, Tensor]> {
  for (const [name, tensor] of end) {
    const from = alpha === 1 ? undefined : start.values.get(name);
    if (alpha === 1) yield [name, tensor];
    else if (from !== undefined) yield [name, between(from, tensor, alpha)];
    else yield [name, start.scaled.has(name) ? scaled(tensor, alpha) : tensor];
  }
}

/** A point of the line as a whole; see `interpolated`. */
export function interpolate(start: LineStart, end: Parameters, alpha: number): Parameters {
  return alpha === 1 ? end : new Map(interpolated(start, end, alpha));
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
