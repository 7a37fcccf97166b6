import { GraphBuilder } from "../../graph/builder.js";
import { emptyGraph, type Value } from "../../graph/ir.js";
import { add, matmul } from "../../graph/ops/index.js";
import type { ConfigFields } from "./config-fields.js";

/** A weight of the graph, and where it comes from: a parameter of Hugging Face's class, or some of its rows. */
export interface Piece {
  /** Name of the weight in the graph. */
  readonly name: string;
  /** Its shape there. */
  readonly shape: readonly number[];
  readonly parameter: string;
  /** First row, and the one behind the last; absent: all. */
  readonly rows?: readonly [number, number] | undefined;
  /** Whether the parameter is [out, in] and the weight [in, out], as products of tokens and weights want it. */
  readonly transposed: boolean;
}

/** Makes the weights of an architecture inputs of the graph, and keeps the list of them: the one table of its parameters. */
interface Weights {
  /** Parameter `module.weight` [rows, size]. */
  readonly table: (module: string, rows: number, size: number) => Value;
  /** Parameter of that name [size]. */
  readonly vector: (name: string, size: number) => Value;
  /** Parameter `module.weight` [Σ out, in], cut along its rows; each part as [in, out]. */
  readonly matrices: (module: string, parts: readonly Part[], input: number) => Value[];
  /** Parameter `module.bias` [Σ out], cut in the same way. */
  readonly biases: (module: string, parts: readonly Part[]) => Value[];
}

/** A part of a parameter that holds several weights one above the other. */
interface Part {
  /** "" where it is the only one. */
  readonly name: string;
  readonly size: number;
}

/** What an architecture is written with. */
export interface Blueprint {
  readonly b: GraphBuilder;
  readonly weights: Weights;
  readonly config: ConfigFields;
}

/** An empty graph to write an architecture into, and the list that grows with it. */
export function blueprint(config: ConfigFields): Blueprint & { readonly pieces: readonly Piece[] } {
  const b = new GraphBuilder(emptyGraph("encoder"));
  const pieces: Piece[] = [];
  const known = new Map<string, Value>();
  const declare = (piece: Piece): Value => {
    const value = known.get(piece.name) ?? b.input(piece.name, "float32", piece.shape);
    if (!known.has(piece.name)) pieces.push(piece);
    known.set(piece.name, value);
    return value;
  };
  const cut = (parts: readonly Part[], make: (part: Part, from: number) => Piece): Value[] => {
    let from = 0;
    return parts.map((part) => {
      from += part.size;
      return declare(make(part, from - part.size));
    });
  };
  const rowsOf = (parts: readonly Part[], from: number, size: number) =>
    parts.length === 1 ? undefined : ([from, from + size] as const);
  const weights: Weights = {
    table: (module, rows, size) => {
      const name = `${module}.weight`;
      return declare({ name, parameter: name, shape: [rows, size], transposed: false });
    },
    vector: (name, size) => declare({ name, parameter: name, shape: [size], transposed: false }),
    matrices: (module, parts, input) =>
      cut(parts, ({ name, size }, from) => ({
        name: `${joined(module, name)}.weight`,
        parameter: `${module}.weight`,
        shape: [input, size],
        rows: rowsOf(parts, from, size),
        transposed: true,
      })),
    biases: (module, parts) =>
      cut(parts, ({ name, size }, from) => ({
        name: `${joined(module, name)}.bias`,
        parameter: `${module}.bias`,
        shape: [size],
        rows: rowsOf(parts, from, size),
        transposed: false,
      })),
  };
  return { b, weights, config, pieces };
}

const joined = (module: string, part: string): string =>
  part === "" ? module : `${module}.${part}`;

/** Name → shape of every parameter that the pieces are taken from, in the orientation of Hugging Face's files. */
export function parameterShapes(pieces: readonly Piece[]): Map<string, readonly number[]> {
  const shapes = new Map<string, readonly number[]>();
  for (const { parameter, shape, rows, transposed } of pieces) {
    const [first, ...rest] = transposed ? shape.toReversed() : shape;
    const before = shapes.get(parameter);
    const height = rows === undefined ? first : Math.max(rows[1], before?.[0] ?? 0);
    shapes.set(parameter, [height, ...rest]);
  }
  return shapes;
}

/** Sizes of a linear map y = x·Wᵀ + b. */
interface LinearSizes {
  readonly input: number;
  readonly output: number;
  /** Default true. */
  readonly bias?: boolean | undefined;
}

/** Appends the linear map of a module, with parameters `module.weight` [output, input] and `module.bias` [output]. */
export function linear(
  { b, weights }: Blueprint,
  module: string,
  x: Value,
  { input, output, bias = true }: LinearSizes,
): Value {
  const part = { name: "", size: output };
  const [weight] = weights.matrices(module, [part], input);
  const y = matmul(b, x, weight);
  return bias ? add(b, y, weights.biases(module, [part])[0]) : y;
}

/** As `linear` for several maps of one input whose parameters are one above the other in one module. */
export function linears(
  { b, weights }: Blueprint,
  module: string,
  x: Value,
  {
    input,
    parts,
    bias,
  }: { readonly input: number; readonly parts: readonly Part[]; readonly bias: boolean },
): Value[] {
  const matrices = weights.matrices(module, parts, input);
  const biases = bias ? weights.biases(module, parts) : [];
  return matrices.map((weight, i) => {
    const y = matmul(b, x, weight);
    return bias ? add(b, y, biases[i]) : y;
  });
}
