import { floatOf, intOf } from "../../graph/attributes.js";
import type { GraphBuilder } from "../../graph/builder.js";
import type { Value } from "../../graph/ir.js";
import {
  gemm,
  matmul,
  mul,
  scalarLike,
  squeeze,
  transpose,
  unsqueeze,
} from "../../graph/ops/index.js";
import type { InputGradient, Rule, RuleContext, Rules } from "../rule.js";
import { flattenRows, reshapeLike } from "../shapes.js";

/** x with its last two axes swapped. */
function swapped(b: GraphBuilder, x: Value): Value {
  const axes = x.shape.map((_, i) => i);
  return transpose(b, x, [...axes.slice(0, -2), axes.at(-1)!, axes.at(-2)!]);
}

/**
 * Y = X·W with X [..., in] and a matrix W [in, out], R rows in all:
 * ∂X = ∂Y·Wᵀ as one Gemm that reads W transposed, ∂W = Xᵀ·∂Y as an explicit Transpose and MatMul of
 * [R, in] and [R, out], which runs faster than a Gemm or FusedMatMul that transposes on the way.
 */
function linear({ b, gradient: g, inputs: [x, w] }: RuleContext): InputGradient[] {
  return [
    () => reshapeLike(b, gemm(b, flattenRows(b, g), w!, { transB: true }), x!),
    () => matmul(b, transpose(b, flattenRows(b, x!)), flattenRows(b, g)),
  ];
}

/** Y = X·Z on the last two axes of both: ∂X = ∂Y·Zᵀ, ∂Z = Xᵀ·∂Y, in the broadcast leading dimensions. */
function batched({ b, gradient: g, inputs: [x, z] }: RuleContext): InputGradient[] {
  return [() => matmul(b, g, swapped(b, z!)), () => matmul(b, swapped(b, x!), g)];
}

/** A vector x [k] on the left: y [..., n] = x·Z. It counts as the row [1, k]. */
function vectorLeft({ b, gradient: g, inputs: [x, z] }: RuleContext): InputGradient[] {
  const row = (): Value => unsqueeze(b, g, [-2]);
  return [() => matmul(b, row(), swapped(b, z!)), () => matmul(b, unsqueeze(b, x!, [1]), row())];
}

/** A vector z [k] on the right: y [..., m] = X·z. It counts as the column [k, 1]. */
function vectorRight({ b, gradient: g, inputs: [x, z] }: RuleContext): InputGradient[] {
  const column = (): Value => unsqueeze(b, g, [-1]);
  return [
    () => matmul(b, column(), unsqueeze(b, z!, [0])),
    () => squeeze(b, matmul(b, swapped(b, x!), column()), [-1]),
  ];
}

/** MatMul in all the forms of numpy's matmul. */
const product: Rule = (context) => {
  const { b, gradient: g, inputs } = context;
  const [x, z] = [inputs[0]!, inputs[1]!];
  const [left, right] = [x.shape.length, z.shape.length];
  if (left === 1 && right === 1) return [() => mul(b, g, z), () => mul(b, g, x)];
  if (left === 1) return vectorLeft(context);
  if (right === 1) return vectorRight(context);
  return right === 2 ? linear(context) : batched(context);
};

/** Y = α·X′·W′ + β·C, where ′ transposes when asked to; ∂W again with explicit transposes. */
const generalProduct: Rule = ({ b, node, gradient: g, inputs }) => {
  const [x, w] = [inputs[0]!, inputs[1]!];
  const transA = intOf(node, "transA", 0) === 1;
  const transB = intOf(node, "transB", 0) === 1;
  const alpha = floatOf(node, "alpha", 1);
  const scaled = (by: number): Value => (by === 1 ? g : mul(b, g, scalarLike(b, by, g)));
  return [
    () => {
      const rows = gemm(b, g, w, { transB: !transB, alpha });
      return transA ? transpose(b, rows) : rows;
    },
    () => {
      if (!transB) return matmul(b, transA ? x : transpose(b, x), scaled(alpha));
      return matmul(b, transpose(b, scaled(alpha)), transA ? transpose(b, x) : x);
    },
    () => scaled(floatOf(node, "beta", 1)),
  ];
};

/** Matrix products. */
export const productRules: Rules = { MatMul: product, Gemm: generalProduct };
