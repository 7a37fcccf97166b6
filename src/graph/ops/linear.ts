import type { GraphBuilder } from "../builder.js";
import { float, int, type Value } from "../ir.js";

/** x · y on the last two axes, the leading ones broadcast (numpy's matmul). */
export const matmul = (b: GraphBuilder, x: Value, y: Value): Value => b.op("MatMul", [x, y]);

/** alpha · x' · y' + beta · c for matrices; `c` broadcasts to the result. */
export interface GemmOptions {
  readonly c?: Value;
  readonly transA?: boolean;
  readonly transB?: boolean;
  readonly alpha?: number;
  readonly beta?: number;
}

/** alpha · x' · y' + beta · c, where ' transposes when asked to. */
export function gemm(b: GraphBuilder, x: Value, y: Value, options: GemmOptions = {}): Value {
  const inputs = options.c === undefined ? [x, y] : [x, y, options.c];
  return b.op("Gemm", inputs, {
    attributes: {
      transA: int(options.transA ? 1 : 0),
      transB: int(options.transB ? 1 : 0),
      alpha: float(options.alpha ?? 1),
      beta: float(options.beta ?? 1),
    },
  });
}

/** What `layerNormalization` needs beyond x: scale γ and shift β over the normalised (last) axis. */
export interface LayerNormOptions {
  readonly scale: Value;
  readonly bias?: Value;
  readonly epsilon?: number;
}

/** (x − mean) / √(variance + ε) · γ + β over the last axis (Ba 2016). ε defaults to 1e-5. */
export function layerNormalization(b: GraphBuilder, x: Value, options: LayerNormOptions): Value {
  const bias = options.bias === undefined ? [] : [options.bias];
  return b.op("LayerNormalization", [x, options.scale, ...bias], {
    attributes: { axis: int(-1), epsilon: float(options.epsilon ?? 1e-5) },
  });
}
