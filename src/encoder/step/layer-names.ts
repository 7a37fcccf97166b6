/** Names under which encoders number their layers: encoder.layer.3., transformer.layer.3., layers.3., h.3. */
const LAYER = /(?:^|[./])(?:layers?|h|blocks?)[./](\d+)[./]/;

/** The layer that a weight's name tells, or undefined where it is anonymous (`onnx::MatMul_345`). */
export function layerOfName(name: string): number | undefined {
  const number = LAYER.exec(name)?.[1];
  return number === undefined ? undefined : Number(number);
}
