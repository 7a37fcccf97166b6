import { float32, sizeOf, type Tensor, transposed } from "../../math/tensor.js";
import { type Piece, parameterShapes } from "../architectures/declare.js";

/**
 * The parameters of Hugging Face's class from the weights of the graph: turned back to [out, in], and put one above the other where
 * several are of one parameter.
 * @param tensorOf the value of a weight.
 */
export function toParameters(
  pieces: readonly Piece[],
  tensorOf: (weight: string) => Tensor,
): Map<string, Tensor> {
  const whole = pieces.filter(({ rows }) => rows === undefined);
  const tensors = new Map(whole.map((piece) => [piece.parameter, turnedBack(piece, tensorOf)]));
  for (const [parameter, shape] of parameterShapes(pieces)) {
    if (tensors.has(parameter)) continue;
    const data = new Float32Array(sizeOf(shape));
    const width = data.length / shape[0];
    for (const piece of pieces.filter((one) => one.parameter === parameter))
      data.set(turnedBack(piece, tensorOf).data as Float32Array, (piece.rows?.[0] ?? 0) * width);
    tensors.set(parameter, float32(shape, data));
  }
  return tensors;
}

function turnedBack(piece: Piece, tensorOf: (weight: string) => Tensor): Tensor {
  const tensor = tensorOf(piece.name);
  return piece.transposed ? transposed(tensor) : tensor;
}
