import { type Gradient, valueAndGrad } from "../autodiff/value-and-grad.js";
import { internal } from "../errors/internal.js";
import { GraphBuilder } from "../graph/builder.js";
import { emptyGraph } from "../graph/ir.js";
import { serialize } from "../graph/lower.js";
import * as op from "../graph/ops/index.js";
import { float64, int64, type Matrix, matrixTensor } from "../math/tensor.js";
import type { Runtime, Session } from "../runtime/types.js";
import { multiply, type Rows } from "../search/product.js";
import { type Evaluated, type LbfgsOptions, minimize } from "./lbfgs.js";

/** Rows x_i [n, d] with their classes y_i, 0 … classes − 1. */
interface ClassedVectors {
  readonly x: Matrix;
  readonly y: ArrayLike<number>;
  /** At least 2. */
  readonly classes: number;
}

interface LogisticOptions extends LbfgsOptions {
  /** Inverse strength of the penalty, C > 0. Default 1. */
  readonly inversePenalty?: number;
}

/** A fitted classifier: p(y | x) = softmax(W·x + b), of two classes with row 0 of W and b zero. */
export interface LogisticModel {
  /** W [classes, d]. */
  readonly weights: Rows;
  /** b [classes]. */
  readonly intercepts: Float64Array;
  readonly iterations: number;
  readonly converged: boolean;
}

/** The objective as an ONNX file, and the outputs that hold the loss and the gradients of W and b. */
interface Compiled {
  readonly model: Uint8Array;
  /** Of the fitted W. */
  readonly shape: readonly [rows: number, cols: number];
  readonly loss: string;
  readonly gradients: readonly string[];
}

/**
 * Fits logistic regression: the minimum of ½‖W‖² − C·Σ_i log p(y_i | x_i) over W and the unpenalised b, which is
 * scikit-learn's `LogisticRegression(C)`. For two classes, as there, one row w is fitted and p(1 | x) = σ(w·x + b), so
 * the penalty falls on that row alone. L-BFGS works on the objective divided by C·n, in double precision, until no
 * derivative exceeds `tolerance` (1e-5). The minimum is unique but for a constant shared by all b, which stays at 0 on average.
 */
export async function fitLogisticRegression(
  runtime: Pick<Runtime, "createSession">,
  vectors: ClassedVectors,
  options: LogisticOptions = {},
): Promise<LogisticModel> {
  const { classes } = vectors;
  const compiled = compileObjective(vectors, options.inversePenalty ?? 1);
  const session = await runtime.createSession(compiled.model, { optimization: "basic" });
  try {
    const start = new Float64Array(compiled.shape[0] * (compiled.shape[1] + 1));
    const found = await minimize((at) => evaluateAt(session, compiled, at), start, options);
    const { iterations, converged } = found;
    return { ...unpack(found.x, compiled.shape, classes), iterations, converged };
  } finally {
    await session.release();
  }
}

/** The most probable class of each row [n]; the smaller one on a tie. */
export function predictClasses({ weights, intercepts }: LogisticModel, x: Rows): Int32Array {
  const scores = new Float64Array(x.rows * weights.rows);
  multiply(x, weights, scores);
  return Int32Array.from({ length: x.rows }, (_, i) => {
    let best = 0;
    let highest = Number.NEGATIVE_INFINITY;
    for (let c = 0; c < weights.rows; c++) {
      const score = scores[i * weights.rows + c] + intercepts[c];
      if (score > highest) [best, highest] = [c, score];
    }
    return best;
  });
}

/** loss = (‖W‖²/(2C) − Σ_i log p(y_i | x_i)) / n, and its gradient by the project's own differentiation. */
function compileObjective({ x, y, classes }: ClassedVectors, c: number): Compiled {
  const rows = classes === 2 ? 1 : classes;
  const b = new GraphBuilder(emptyGraph("logistic_regression"));
  const weights = b.input("weights", "float64", [rows, x.cols]);
  const intercepts = b.input("intercepts", "float64", [rows]);
  const vectors = op.cast(b, b.initializer("x", matrixTensor(x)), "float64");
  const scores = op.add(b, op.matmul(b, vectors, op.transpose(b, weights)), intercepts);
  const zeros = op.mul(b, scores, op.scalar(b, 0, "float64"));
  const logits = rows === classes ? scores : op.concat(b, [zeros, scores], 1);
  const own = b.initializer("y", int64([x.rows, 1], Array.from(y)));
  const fit = op.reduceSum(b, op.gatherElements(b, op.logSoftmax(b, logits), own, 1));
  const half = op.scalar(b, 1 / (2 * c), "float64");
  const penalty = op.mul(b, op.reduceSum(b, op.square(b, weights)), half);
  const loss = op.div(b, op.sub(b, penalty, fit), op.scalar(b, x.rows, "float64"));
  const found = valueAndGrad(b.graph, { loss: loss.name, wrt: [weights.name, intercepts.name] });
  const gradients = [...found.values()].map(denseName);
  b.graph.outputs.push(loss.name, ...gradients);
  return { model: serialize(b.graph), shape: [rows, x.cols], loss: loss.name, gradients };
}

function denseName(gradient: Gradient): string {
  return gradient.kind === "dense" ? gradient.name : internal("weights have a dense gradient");
}

async function evaluateAt(
  session: Session,
  { shape, loss, gradients }: Compiled,
  at: Float64Array,
): Promise<Evaluated> {
  const [rows, cols] = shape;
  const outputs = await session.run({
    weights: float64(shape, at.slice(0, rows * cols)),
    intercepts: float64([rows], at.slice(rows * cols)),
  });
  const [ofWeights, ofIntercepts] = gradients.map((name) => outputs[name].data as Float64Array);
  const gradient = new Float64Array(at.length);
  gradient.set(ofWeights);
  gradient.set(ofIntercepts, rows * cols);
  return { value: outputs[loss].data[0] as number, gradient };
}

/** W and b with a row for every class: zero for the first of two. */
function unpack(fitted: Float64Array, [rows, cols]: Compiled["shape"], classes: number) {
  const weights = new Float64Array(classes * cols);
  weights.set(fitted.subarray(0, rows * cols), (classes - rows) * cols);
  const intercepts = new Float64Array(classes);
  intercepts.set(fitted.subarray(rows * cols), classes - rows);
  return { weights: { rows: classes, cols, data: weights }, intercepts };
}
