/** How many inputs (without and with the optional ones) and outputs an operator has. */
interface Arity {
  readonly least: number;
  readonly most: number;
  readonly outputs: number;
}

function arities(names: string, least: number, most = least, outputs = 1): [string, Arity][] {
  return names.split(" ").map((name) => [name, { least, most, outputs }]);
}

const MANY = Number.POSITIVE_INFINITY;

const TABLE = new Map<string, Arity>([
  ...arities("Constant", 0),
  ...arities("Neg Abs Sign Exp Log Sqrt Reciprocal Erf Floor Ceil Round Sin Cos", 1),
  ...arities(
    "Sigmoid Tanh Relu Gelu Softplus Not Identity embtune:StopGradient embtune:Dropout IsNaN",
    1,
  ),
  ...arities("Cast ArgMax ArgMin Softmax LogSoftmax Shape Size ConstantOfShape", 1),
  ...arities("Transpose EyeLike Flatten NonZero", 1),
  ...arities("ReduceSum ReduceMean ReduceMax ReduceMin ReduceProd ReduceL2", 1, 2),
  ...arities("ReduceSumSquare Squeeze Trilu", 1, 2),
  ...arities("Split", 1, 2, MANY),
  ...arities("Clip", 1, 3),
  ...arities("Concat", 1, MANY),
  ...arities("Add Sub Mul Div Mod Pow And Or Xor CastLike", 2),
  ...arities("Equal Less LessOrEqual Greater GreaterOrEqual", 2),
  ...arities("Min Max CumSum Reshape Expand Unsqueeze Tile", 2),
  ...arities("Gather GatherElements GatherND MatMul", 2),
  ...arities("TopK", 2, 2, 2),
  ...arities("Gemm", 2, 3),
  ...arities("LayerNormalization", 2, 3, 3),
  ...arities("Pad", 2, 4),
  ...arities("embtune:WithSlope embtune:GatherRows", 3),
  ...arities("Where Range ScatterElements ScatterND OneHot", 3),
  ...arities("Slice", 3, 5),
]);

/** The arity of an operator by its key (see `operatorKey`), or undefined where there is no such operator. */
export function arityOf(key: string): Arity | undefined {
  return TABLE.get(key);
}
