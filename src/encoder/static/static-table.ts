import { UserError } from "../../errors/user-error.js";
import type { StoredTensor } from "../../files/safetensors-file.js";
import { readStored } from "../../files/safetensors-file.js";
import { float32, type Tensor } from "../../math/tensor.js";
import { readWhole, requireFloats } from "../weights/read-piece.js";

/** Names of a static model's table: sentence-transformers' StaticEmbedding, and model2vec. */
const TABLES = ["embedding.weight", "embeddings"];

/** Whether these tensors are those of a static model. */
export function isStaticTable(tensors: ReadonlyMap<string, StoredTensor>): boolean {
  return TABLES.some((name) => tensors.has(name));
}

/**
 * The table [V, H] of a static model, one row for each token id. model2vec's `mapping` [V] says which row of its embeddings a token has, and
 * its `weights` [V] what that row is multiplied by. UserErrors: `missing-tensor`, `wrong-shape`, `weight-type`, `bad-mapping`.
 */
export function readStaticTable(tensors: ReadonlyMap<string, StoredTensor>, file: string): Tensor {
  const [name] = TABLES.filter((one) => tensors.has(one));
  const stored = tensors.get(name);
  if (stored === undefined) {
    throw new UserError("missing-tensor", `holds no tensor "${TABLES.join('" or "')}"`, {
      at: { file },
      hint: `a static model has one of them; the file has ${[...tensors.keys()].slice(0, 3).join(", ") || "nothing"}`,
    });
  }
  if (stored.shape.length !== 2) throw wrongShape(name, stored, "[tokens, features]");
  requireFloats(name, stored);
  const rows = readWhole(stored);
  const own = name === "embeddings";
  const mapping = own ? tensors.get("mapping") : undefined;
  const weights = own ? tensors.get("weights") : undefined;
  if (mapping === undefined && weights === undefined) return rows;
  const count = mapping?.shape[0] ?? rows.shape[0];
  if (weights !== undefined && `${weights.shape}` !== `${count}`)
    throw wrongShape("weights", weights, `[${count}]`);
  return folded(rows, {
    count,
    mapping: mapping && readMapping(mapping, rows.shape[0]),
    weights: weights && readWeights(weights),
  });
}

interface Folding {
  /** V */
  readonly count: number;
  readonly mapping: Float64Array | undefined;
  readonly weights: Float64Array | undefined;
}

/** Row t of the result is weights[t] · rows[mapping[t]]. */
function folded({ data, shape }: Tensor, { count, mapping, weights }: Folding): Tensor {
  const width = shape[1];
  const source = data as Float32Array;
  const table = new Float32Array(count * width);
  for (let t = 0; t < count; t++) {
    const from = (mapping?.[t] ?? t) * width;
    const weight = weights?.[t] ?? 1;
    for (let k = 0; k < width; k++) table[t * width + k] = weight * source[from + k];
  }
  return float32([count, width], table);
}

function readMapping(stored: StoredTensor, rows: number): Float64Array {
  const bytes = readStored(stored, 0, stored.length);
  const { buffer, byteOffset } = bytes;
  const count = stored.shape[0];
  const at = { file: stored.file };
  if (stored.shape.length !== 1) throw wrongShape("mapping", stored, "[tokens]");
  if (stored.type !== "I64" && stored.type !== "I32") {
    throw new UserError("bad-mapping", `tensor "mapping" has elements of type ${stored.type}`, {
      at,
      hint: "rows are numbered in I64 or I32",
    });
  }
  const numbers =
    stored.type === "I64"
      ? new BigInt64Array(buffer, byteOffset, count)
      : new Int32Array(buffer, byteOffset, count);
  const mapping = Float64Array.from(numbers as Iterable<bigint | number>, Number);
  const wrong = mapping.findIndex((row) => row < 0 || row >= rows);
  if (wrong < 0) return mapping;
  throw new UserError(
    "bad-mapping",
    `tensor "mapping" gives token ${wrong} row ${mapping[wrong]} of ${rows}`,
    { at },
  );
}

function readWeights(stored: StoredTensor): Float64Array {
  if (stored.type !== "F64") {
    requireFloats("weights", stored);
    return Float64Array.from(readWhole(stored).data as Float32Array);
  }
  const { buffer, byteOffset } = readStored(stored, 0, stored.length);
  return new Float64Array(buffer, byteOffset, stored.shape[0]);
}

function wrongShape(name: string, { shape, file }: StoredTensor, expected: string): UserError {
  return new UserError(
    "wrong-shape",
    `tensor "${name}" has the shape [${shape}], expected ${expected}`,
    { at: { file } },
  );
}
