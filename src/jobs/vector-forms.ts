import { prefixVectors, rangesOf, storeVectors } from "../embeddings/vector-type.js";
import { usageError } from "../errors/user-error.js";
import { embeddedOnce, type KnownVectors } from "../evaluation/embedded-once.js";
import type { Embed } from "../evaluation/metric.js";
import type { Matrix } from "../math/tensor.js";

/** How vectors are kept where they are used: cut to their first `dim` numbers, and in fewer bits. */
export interface VectorForm {
  readonly dim?: number | undefined;
  readonly precision?: VectorPrecision | undefined;
}

type VectorPrecision = "int8" | "binary";

/** The model's own vectors, then each dimension in each precision. */
export function formsOf(
  dims: readonly number[] = [],
  precisions: readonly VectorPrecision[] = [],
): readonly VectorForm[] {
  const lengths = dims.length === 0 ? [undefined] : [undefined, ...dims];
  return lengths.flatMap((dim) => [
    { dim },
    ...precisions.map((precision): VectorForm => ({ dim, precision })),
  ]);
}

/** Vectors of texts that are computed once, however often and in whatever form they are asked for. */
interface RememberedEmbed {
  readonly embed: Embed;
  /** Texts that were asked for so far come as stored vectors of that form would compare. Usage error `bad-dim`. */
  readonly inForm: (form: VectorForm) => Promise<Embed>;
}

/** Remembers the vector of each text on each side, without bound: for data that fit. */
export function rememberedEmbed(embed: Embed): RememberedEmbed {
  const { embed: remembering, known } = embeddedOnce(embed);
  return {
    embed: remembering,
    inForm: async (form) => {
      const { dim, precision } = form;
      const [first] = allOf(known);
      const cols = first?.length ?? 0;
      if (dim !== undefined && dim > cols)
        throw usageError("bad-dim", `--dim must be at most the model's ${cols}, got ${dim}`);
      const cut = (matrix: Matrix): Matrix =>
        dim === undefined ? matrix : prefixVectors(matrix, dim);
      const compare =
        precision === "int8" ? await int8Codes(allOf(known), cut) : signsOf(precision);
      return async (texts, side) => compare(cut(await remembering(texts, side)));
    },
  };
}

function allOf({ query, document }: KnownVectors): Float32Array[] {
  return [...query.values(), ...document.values()];
}

/** Codes −128 … 127 over the ranges of all vectors that are known, as sentence-transformers' `quantize_embeddings` compares them. */
async function int8Codes(
  all: readonly Float32Array[],
  cut: (matrix: Matrix) => Matrix,
): Promise<(matrix: Matrix) => Matrix> {
  const parts = all.map((data) => cut({ rows: 1, cols: data.length, data }));
  const ranges = await rangesOf(parts, parts[0].cols);
  return (matrix) => ({
    ...matrix,
    data: Float32Array.from(storeVectors(matrix, "int8", ranges).data),
  });
}

/** 1 where a number is above 0, else −1: the cosine of two such vectors is 1 − 2 · (bits that differ)/dimension. */
function signsOf(precision: VectorPrecision | undefined): (matrix: Matrix) => Matrix {
  if (precision === undefined) return (matrix) => matrix;
  return (matrix) => ({ ...matrix, data: matrix.data.map((x) => (x > 0 ? 1 : -1)) });
}
