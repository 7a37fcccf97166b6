import { floatOf, intOf } from "../../graph/attributes.js";
import type { GraphBuilder } from "../../graph/builder.js";
import type { Value } from "../../graph/ir.js";
import {
  gemm,
  matmul,
  mul,
  reshape,
  scalarLike,
  squeeze,
  transpose,
  unsqueeze,
} from "../../graph/ops/index.js";
import type { InputGradient, Rule, RuleContext, Rules } from "../rule.js";
import { flattenRows, reshapeLike } from "../shapes.js";
import { columnSum } from "../unbroadcast.js";

/** x with its last two axes swapped. */
function swapped(b: GraphBuilder, x: Value): Value {
  const axes = x.shape.map((_, i) => i);
  return transpose(b, x, [...axes.slice(0, -2), axes.at(-1)!, axes.at(-2)!]);
}

/**
 * α·XᵀY [m, n] of X [R, m] and Y [R, n] as explicit Transpose and MatMul, which runs faster than a Gemm or FusedMatMul that
 * transposes on the way (into a Gemm, ONNX Runtime would take the transposition back in). The narrower factor is transposed: where that is Y, the result is transposed back, for R is larger
 * than m and n.
 */
function rowProduct(b: GraphBuilder, x: Value, y: Value, alpha = 1): Value {
  const [m, n] = [x.shape[1], y.shape[1]];
  const isNarrower = typeof m === "number" && typeof n === "number" && n < m;
  if (isNarrower) return transpose(b, rowProduct(b, y, x, alpha));
  const product = matmul(b, transpose(b, x), y);
  return alpha === 1 ? product : mul(b, product, scalarLike(b, alpha, product));
}

/**
 * Y = X·W with X [..., in] and a matrix W [in, out], R rows in all:
 * ∂X = ∂Y·Wᵀ as one Gemm that reads W transposed, ∂W = Xᵀ·∂Y of [R, in] and [R, out].
 */
function linear({ b, gradient: g, inputs: [x, w] }: RuleContext): InputGradient[] {
  return [
    () => reshapeLike(b, gemm(b, flattenRows(b, g), w, { transB: true }), x),
    () => rowProduct(b, flattenRows(b, x), flattenRows(b, g)),
  ];
}

/** Y = X·Z on the last two axes of both: ∂X = ∂Y·Zᵀ, ∂Z = Xᵀ·∂Y, in the broadcast leading dimensions. */
function batched({ b, gradient: g, inputs: [x, z] }: RuleContext): InputGradient[] {
  return [() => matmul(b, g, swapped(b, z)), () => matmul(b, swapped(b, x), g)];
}

/** A vector x [k] on the left: y [..., n] = x·Z. It counts as the row [1, k]. */
function vectorLeft({ b, gradient: g, inputs: [x, z] }: RuleContext): InputGradient[] {
  const row = (): Value => unsqueeze(b, g, [-2]);
  return [() => matmul(b, row(), swapped(b, z)), () => matmul(b, unsqueeze(b, x, [1]), row())];
}

/** A vector z [k] on the right: y [..., m] = X·z. It counts as the column [k, 1]. */
function vectorRight({ b, gradient: g, inputs: [x, z] }: RuleContext): InputGradient[] {
  const column = (): Value => unsqueeze(b, g, [-1]);
  return [
    () => matmul(b, column(), unsqueeze(b, z, [0])),
    () => squeeze(b, matmul(b, swapped(b, x), column()), [-1]),
  ];
}

/** MatMul in all the forms of numpy's matmul. */
const product: Rule = (context) => {
  const { b, gradient: g, inputs } = context;
  const [x, z] = [inputs[0], inputs[1]];
  const [left, right] = [x.shape.length, z.shape.length];
  if (left === 1 && right === 1) return [() => mul(b, g, z), () => mul(b, g, x)];
  if (left === 1) return vectorLeft(context);
  if (right === 1) return vectorRight(context);
  return right === 2 ? linear(context) : batched(context);
};

/**
 * Y = α·X′·W′ + β·C, where ′ transposes when asked to. Factors go where they cost least: into products, and behind the sum
 * over rows where C is a vector.
 */
const generalProduct: Rule = ({ b, node, gradient: g, inputs }) => {
  const [x, w, c] = [inputs[0], inputs[1], inputs[2]];
  const transA = intOf(node, "transA", 0) === 1;
  const transB = intOf(node, "transB", 0) === 1;
  const alpha = floatOf(node, "alpha", 1);
  const beta = floatOf(node, "beta", 1);
  const scaled = (value: Value): Value =>
    beta === 1 ? value : mul(b, value, scalarLike(b, beta, value));
  return [
    () => {
      const rows = gemm(b, g, w, { transB: !transB, alpha });
      return transA ? transpose(b, rows) : rows;
    },
    () => {
      const rows = transA ? transpose(b, x) : x;
      return transB ? rowProduct(b, g, rows, alpha) : rowProduct(b, rows, g, alpha);
    },
    () => scaled(c.shape.length === 1 && beta !== 1 ? sumOfRows(b, g, c) : g),
  ];
};

/** The sum of the rows of g [R, N] as a vector [N]; g itself where c has but one element for all columns. */
function sumOfRows(b: GraphBuilder, g: Value, c: Value): Value {
  const columns = g.shape[1];
  if (typeof columns !== "number" || c.shape[0] !== columns || columns === 1) return g;
  return reshape(b, columnSum(b, g, new Map()), [columns]);
}

/** Matrix products. */
export const productRules: Rules = { MatMul: product, Gemm: generalProduct };
