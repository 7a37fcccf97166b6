import type { GraphBuilder } from "../graph/builder.js";
import type { Value } from "../graph/ir.js";
import { add, div, matmul, mul, reshape, scalarLike, sqrt, sub } from "../graph/ops/index.js";
import { float32 } from "../math/tensor.js";

/** x / √(Σx² + 1e-12) for x [B, D]; the sum is a product, since the axes of ReduceSum moved in operator set 13. */
export function unitLength(b: GraphBuilder, x: Value): Value {
  const squares = matmul(b, reshape(b, x, [0, 1, -1]), reshape(b, x, [0, -1, 1]));
  const norm = sqrt(b, add(b, squares, scalarLike(b, 1e-12, x)));
  return div(b, x, reshape(b, norm, [0, 1], [x.shape[0], 1]));
}

/** (x − mean) / √(variance + ε) · γ + β for x [B, D], of nodes that operator sets 11 to 21 have alike: means are products. */
export function plainLayerNorm(
  b: GraphBuilder,
  x: Value,
  {
    scale,
    bias,
    epsilon,
  }: { readonly scale: Value; readonly bias: Value; readonly epsilon: number },
): Value {
  const size = Number(x.shape[1]);
  const parts = b.constant(float32([size, 1], new Float32Array(size).fill(1 / size)));
  const centered = sub(b, x, matmul(b, x, parts));
  const variance = matmul(b, mul(b, centered, centered), parts);
  const normal = div(b, centered, sqrt(b, add(b, variance, scalarLike(b, epsilon, x))));
  return add(b, mul(b, normal, scale), bias);
}
