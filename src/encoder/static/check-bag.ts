import { UserError } from "../../errors/user-error.js";
import { int64, type Tensor } from "../../math/tensor.js";
import type { Runtime } from "../../runtime/runtime.js";

/** Largest difference of a number of vectors of length 1. */
const TOLERANCE = 1e-4;

/**
 * Refuses a bag that computes something else than means of its table's rows, or divides them by their length though its folder does not say
 * so. Two bags of the first tokens are run. UserError `no-mean`.
 */
export async function requireMeans(
  {
    file,
    table,
    normalize,
  }: { readonly file: string; readonly table: Tensor; readonly normalize: boolean },
  runtime: Runtime,
) {
  const [rows, width] = table.shape;
  const count = Math.min(rows, 4);
  const numbers = Array.from({ length: count + 1 }, (_, i) => i % count);
  const session = await runtime.createSession({ path: file });
  try {
    const inputs = { input_ids: int64([count + 1], numbers), offsets: int64([2], [0, 1]) };
    const [got] = Object.values(await session.run(inputs));
    const data = got.data as Float32Array;
    const means = [numbers.slice(0, 1), numbers.slice(1)].map((bag) => meanOf(table, bag));
    const scales = normalize ? means.map(lengthOf) : [1, 1];
    const expected = means.flatMap((mean, i) => [...mean].map((x) => x / (scales[i] || 1)));
    const own = normalize ? [0, 1].flatMap((i) => [...unit(data, i, width)]) : data;
    if (
      expected.length === own.length &&
      expected.every((x, i) => Math.abs(x - own[i]) < TOLERANCE)
    )
      return;
  } finally {
    await session.release();
  }
  const what = normalize
    ? "the means of its table's rows, of length 1"
    : "the means of its table's rows";
  throw new UserError("no-mean", `does not compute ${what}, as its folder says`, {
    at: { file },
    hint: "use the model's model.safetensors, with the modules.json or config.json that belongs to it",
  });
}

function meanOf({ data, shape }: Tensor, bag: readonly number[]): Float64Array {
  const width = shape[1];
  const mean = new Float64Array(width);
  for (const row of bag)
    for (let k = 0; k < width; k++) mean[k] += Number(data[row * width + k]) / bag.length;
  return mean;
}

const lengthOf = (vector: Float32Array | Float64Array): number => Math.hypot(...vector);

function unit(data: Float32Array, row: number, width: number): Float32Array {
  const vector = data.slice(row * width, (row + 1) * width);
  const length = lengthOf(vector) || 1;
  return vector.map((x) => x / length);
}
