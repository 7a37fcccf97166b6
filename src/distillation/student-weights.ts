import { internal } from "../errors/internal.js";
import { createRandom, type Random } from "../math/random.js";
import { float32, type Matrix, type Tensor } from "../math/tensor.js";

/** Standard deviation of fresh weights, BERT's own. */
const FRESH = 0.02;

/** That of what leads back into the residual stream: a layer then begins as almost nothing. */
const NEARLY_NOTHING = 0.002;

/** ±K in the last two dimensions of every token. */
const CARRIER = 2;

/** The table of token vectors. */
const WORDS = "embeddings.word_embeddings.weight";

/** Dimensions that a token's vector leaves to the carriers. */
export const CARRIERS = 2;

/**
 * Weights of a student that begins near a static model: by the names and shapes of BertModel's parameters. Every token's vector is its row of
 * the table [V, hidden − 2], followed by +2 and −2. LayerNorm divides by the spread of a vector; without the two constants it would
 * take the tokens' weights out again, with them the spread is nearly theirs, √(2·2²/hidden), and what remains of a token is in proportion to its row.
 * The last norm has a scale of 0 there, so that they do not reach the sentence's vector. What leads out of attention and
 * feed-forward parts begins at a tenth of the usual size, positions and types too.
 */
export function staticStart(
  shapes: ReadonlyMap<string, readonly number[]>,
  table: Matrix,
  seed: number,
): Map<string, Tensor> {
  const random = createRandom(seed, "student");
  const lastNorm = [...shapes.keys()].filter((name) => name.endsWith("LayerNorm.weight")).at(-1);
  return new Map(
    [...shapes].map(([name, shape]) => {
      if (name === WORDS) return [name, words(shape, table)];
      const tensor = freshTensor(name, shape, random);
      if (name === lastNorm) (tensor.data as Float32Array).fill(0, tensor.data.length - CARRIERS);
      return [name, tensor];
    }),
  );
}

function words(shape: readonly number[], table: Matrix) {
  const [rows, hidden] = shape;
  const data = new Float32Array(rows * hidden);
  for (let i = 0; i < rows; i++) {
    data.set(table.data.subarray(i * table.cols, (i + 1) * table.cols), i * hidden);
    data[(i + 1) * hidden - 2] = CARRIER;
    data[(i + 1) * hidden - 1] = -CARRIER;
  }
  return float32(shape, data);
}

/** Norms 1, biases 0, matrices normal. */
function freshTensor(name: string, shape: readonly number[], random: Random) {
  const size = shape.reduce((product, n) => product * n, 1);
  const data = new Float32Array(size);
  if (name.endsWith("LayerNorm.weight")) data.fill(1);
  else if (name.endsWith(".weight")) {
    const small = /output\.dense\.weight$|position_embeddings|token_type_embeddings/.test(name);
    const spread = small ? NEARLY_NOTHING : FRESH;
    for (let i = 0; i < size; i++) data[i] = spread * random.normal();
  }
  return float32(shape, data);
}

/** What a student takes of its teacher: layer i is the teacher's layer `layers[i]`, token j has row `rows[j]` of the teacher's table. */
interface TakenParts {
  readonly layers: readonly number[];
  readonly rows: readonly number[];
}

/**
 * Weights of a student that begins as some of its teacher's layers and tokens: the same names, norms and positions. A tensor that the
 * teacher has not is an internal error: both are BertModels.
 */
export function layersStart(
  shapes: ReadonlyMap<string, readonly number[]>,
  teacher: ReadonlyMap<string, Tensor>,
  { layers, rows }: TakenParts,
): Map<string, Tensor> {
  return new Map(
    [...shapes].map(([name, shape]) => {
      const from = name.replace(
        /^encoder\.layer\.(\d+)\./,
        (_, i: string) => `encoder.layer.${layers[Number(i)]}.`,
      );
      const tensor = teacher.get(from) ?? internal(`the teacher has no tensor "${from}"`);
      return [name, name === WORDS ? takeRows(tensor, shape, rows) : tensor];
    }),
  );
}

function takeRows({ data }: Tensor, shape: readonly number[], rows: readonly number[]): Tensor {
  const [, width] = shape;
  const taken = new Float32Array(rows.length * width);
  for (const [j, row] of rows.entries())
    taken.set((data as Float32Array).subarray(row * width, (row + 1) * width), j * width);
  return float32(shape, taken);
}
